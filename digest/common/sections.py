"""The sections of an issue, which items belong to and subscribers choose from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Section(models.TextChoices):
    """The five sections of an issue, in order. The kind of an item is its section."""

    RESEARCH = "research", _("Research")
    NEWS = "news", _("News")
    POLICY = "policy", _("Policy")
    DATA = "data", _("Open data")
    EVENT = "event", _("Events")
