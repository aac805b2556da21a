"""The sections of an issue: what an item's kind is one of, and what a subscriber may choose."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Section(models.TextChoices):
    """The five sections of an issue, in reading order; an item's kind is the section it belongs to."""

    RESEARCH = "research", _("Research")
    NEWS = "news", _("News")
    POLICY = "policy", _("Policy")
    DATA = "data", _("Open data")
    EVENT = "event", _("Events")
