"""The admin of issues and items, publishing and sending, and the demo."""

from django.apps import AppConfig


class EditorialConfig(AppConfig):
    name = "digest.editorial"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from digest.archive import changes
        from digest.editorial.subscribed_topics import update_subscribed_topics

        changes.register(update_subscribed_topics)
