"""The editors' admin, publishing and the demo."""

from django.apps import AppConfig


class EditorialConfig(AppConfig):
    name = "digest.editorial"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from digest.archive import changes
        from digest.editorial.subscribed_topics import follow_topics

        changes.register(follow_topics)
