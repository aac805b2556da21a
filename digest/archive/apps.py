"""Issues, items, topics, and their public pages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArchiveConfig(AppConfig):
    name = "digest.archive"
    verbose_name = _("Archive")
    default_auto_field = "django.db.models.BigAutoField"
