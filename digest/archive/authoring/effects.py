"""Which items and issues show a row, and so change with it."""

from typing import Any

from django.db import models

from digest.archive.changes import Change
from digest.archive.models import (
    Correction,
    Figure,
    Issue,
    Item,
    ItemTopic,
    Link,
    Place,
    Placement,
    Reference,
    Source,
    Topic,
    TopicAlias,
    TranslationBase,
)


def touch(change: Change, row: models.Model) -> None:
    """Name in `change` what shows `row`. Call it before a row is deleted, and after one is saved."""
    match row:
        case TranslationBase():
            touch(change, row.owner)  # type: ignore[attr-defined]
        case Item():
            change.add(Item, [row.pk])
        case Issue():
            change.add(Issue, [row.pk])
        case Link() | Reference() | Figure() | Correction():
            change.add(Item, [row.item_id])
        case Placement():
            touch_placement(change, row.item_id, row.issue)
        case Topic():
            touch_topic(change, row)
        case TopicAlias():
            touch_topic(change, row.topic)
        case Source() | Place():
            change.add(type(row), [row.pk])
            change.add(Item, row.items.values_list("pk", flat=True))
        case _:
            raise TypeError(f"not content of the archive: {row!r}")


def touch_placement(change: Change, item_id: int, issue: Issue) -> None:
    """Readers see a placement only in a published issue: composing a draft changes nothing of its items."""
    change.add(Issue, [issue.pk])
    if issue.is_published:
        change.add(Item, [item_id])


def touch_topic(change: Change, topic: Topic) -> None:
    """Collections are public only where a published item leads on to them; other topics have a page at once."""
    change.add(Topic, [topic.pk])
    change.add(Item, items_on(topic))
    change.is_public = change.is_public or topic.facet != Topic.Facet.COLLECTION


def items_on(topic: Topic) -> set[Any]:
    """Ids of the items that name a topic, or lead on to it."""
    ties = ItemTopic.objects.filter(tag=topic).values_list("content_object", flat=True)
    return {*ties, *topic.read_on_from.values_list("pk", flat=True)}
