"""Which items and issues a change of a row affects, because their pages show it."""

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


def add_affected(change: Change, row: models.Model) -> None:
    """Add to `change` the ids of the rows whose pages show `row`. Call it after saving and before deleting a row."""
    match row:
        case TranslationBase():
            add_affected(change, row.owner)  # type: ignore[attr-defined]
        case Item():
            change.add(Item, [row.pk])
        case Issue():
            change.add(Issue, [row.pk])
        case Link() | Reference() | Figure() | Correction():
            change.add(Item, [row.item_id])
        case Placement():
            add_affected_by_placement(change, row.item_id, row.issue)
        case Topic():
            add_affected_by_topic(change, row)
        case TopicAlias():
            add_affected_by_topic(change, row.topic)
        case Source() | Place():
            change.add(type(row), [row.pk])
            change.add(Item, row.items.values_list("pk", flat=True))
        case _:
            raise TypeError(f"not content of the archive: {row!r}")


def add_affected_by_placement(change: Change, item_id: int, issue: Issue) -> None:
    """Readers see a placement only in a published issue, so placing an item in a draft does not affect the item."""
    change.add(Issue, [issue.pk])
    if issue.is_published:
        change.add(Item, [item_id])


def add_affected_by_topic(change: Change, topic: Topic) -> None:
    """A topic is public at once, a collection only if a published item names it as further reading."""
    change.add(Topic, [topic.pk])
    change.add(Item, ids_of_items_on(topic))
    change.is_public = change.is_public or topic.facet != Topic.Facet.COLLECTION


def ids_of_items_on(topic: Topic) -> set[Any]:
    """Ids of the items that are tagged with a topic or name it as further reading."""
    ties = ItemTopic.objects.filter(tag=topic).values_list("content_object", flat=True)
    return {*ties, *topic.read_on_from.values_list("pk", flat=True)}
