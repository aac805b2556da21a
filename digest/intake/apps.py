"""Documents in: the newsletter and paper parsers."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "digest.intake"
    default_auto_field = "django.db.models.BigAutoField"
