"""Import of newsletters and papers."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "digest.intake"
    default_auto_field = "django.db.models.BigAutoField"
