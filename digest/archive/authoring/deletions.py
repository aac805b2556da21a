"""Records of deleted and merged rows, for redirects from old addresses and for feeds and harvesters."""

import datetime as dt
from typing import Any

from django.db import models

from digest.archive.changes import Change
from digest.archive.models import Deletion, Issue, Item, Source, Topic

KINDS: dict[type[models.Model], str] = {
    Item: Deletion.Kind.ITEM,
    Issue: Deletion.Kind.ISSUE,
    Topic: Deletion.Kind.TOPIC,
    Source: Deletion.Kind.SOURCE,
}


def record_deletion(change: Change, row: Any, pk: int, into: int | None = None) -> None:
    """Record that the row with the primary key `pk` was deleted, or merged into the row with the key `into`."""
    kind = KINDS[type(row)]
    change.deleted[type(row)].add(pk)
    if into is not None:
        merged = change.merged[type(row)]
        merged |= {old: into for old, target in merged.items() if target == pk} | {pk: into}
        Deletion.objects.filter(kind=kind, merged_into=pk).update(merged_into=into)
    name = row.number if isinstance(row, Issue) else getattr(row, "slug", "")
    first: dt.datetime | None = getattr(row, "published_at", None)
    Deletion.objects.update_or_create(
        kind=kind,
        object_id=pk,
        defaults={"name": name, "published_at": first, "deleted_at": change.at, "merged_into": into},
    )


def remove_deletion_record(row: models.Model) -> None:
    """Remove the record of a deletion: the row was restored from its history."""
    if kind := KINDS.get(type(row)):
        Deletion.objects.filter(kind=kind, object_id=row.pk).delete()
