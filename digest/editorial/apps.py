"""The roof: the editors' admin, publishing and the demo."""

from django.apps import AppConfig


class EditorialConfig(AppConfig):
    name = "digest.editorial"
    default_auto_field = "django.db.models.BigAutoField"
