"""Issues, items, topics and the reading room."""

from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "digest.archive"
    default_auto_field = "django.db.models.BigAutoField"
