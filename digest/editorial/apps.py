"""The roof: the editors' admin, publishing and the demo."""

from typing import Any

from django.apps import AppConfig


class EditorialConfig(AppConfig):
    name = "digest.editorial"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What subscribers chose follows the topics: the archive and the subscriptions do not know each other."""
        from django.db.models.signals import post_delete

        from digest.archive.models import Topic
        from digest.archive.models.topic import topic_merged

        topic_merged.connect(_follow_merged, sender=Topic, dispatch_uid="choices")
        post_delete.connect(_follow_deleted, sender=Topic, dispatch_uid="choices")


def _follow_merged(old: int, new: int, **_: Any) -> None:
    _replace(old, new)


def _follow_deleted(instance: Any, **_: Any) -> None:
    _replace(instance.pk, None)


def _replace(old: int, new: int | None) -> None:
    from digest.subscriptions.choices import topic_groups, topic_ids
    from digest.subscriptions.choosing import replace_topic

    replace_topic(old, new, topic_ids(topic_groups()) - {old})
