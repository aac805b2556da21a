"""Saving, changing and deleting any row of the archive, whatever its model: forms and importers come through here."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from digest.archive.authoring import placements, publishing, topics
from digest.archive.authoring.deletions import KINDS, forget_deletion, record_deletion
from digest.archive.authoring.effects import touch
from digest.archive.authoring.storage import discard_pictures
from digest.archive.authoring.texts import save_texts, write_text
from digest.archive.changes import Change, recording
from digest.archive.models import Figure, Issue, Item, Placement, Topic, TranslationBase

_UNSEEN = {"remainder"}  # fields that readers never see


def create(model: type[models.Model], **values: Any) -> Any:
    """A new row of `model` with these values."""
    row = model(**values)
    save(row)
    return row


def edit(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set fields of a row that exists; returns the names of those that differed. Only these are saved."""
    if isinstance(row, TranslationBase):
        differing = [name for name, value in values.items() if getattr(row, name) != value]
        if differing:
            write_text(row.owner, row.language, **values)  # type: ignore[attr-defined]
            for name in differing:
                setattr(row, name, values[name])
        return differing
    differing = [name for name, value in values.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, values[name])
    if differing:
        save(row, differing)
    return differing


def save(row: models.Model, fields: Iterable[str] | None = None) -> None:
    """Save a row, all of it or these fields, by the rules of its model."""
    match row:
        case TranslationBase():
            save_texts(row.owner, [row])  # type: ignore[attr-defined]
        case Placement():
            placements.save_placements([row])
        case Topic():
            topics.save_topic(row)
        case _:
            _save(row, None if fields is None else list(fields))


def _save(row: models.Model, fields: list[str] | None) -> None:
    with recording() as change:
        is_new = row._state.adding
        if fields is None:
            row.save()
        else:
            row.save(update_fields=fields)
        if is_new:
            forget_deletion(row)
        if fields is not None and {*fields} <= _UNSEEN:
            return
        touch(change, row)
        if isinstance(row, Issue) and not is_new:  # the pages of its items show its number and date
            change.add(Item, row.placements.values_list("item", flat=True), updated=False)


def set_ties(row: models.Model, name: str, others: Iterable[Any]) -> bool:
    """Replace what a row is tied to by a many-to-many field (places, topics, related, further_reading, broader).

    Returns whether anything differs.
    """
    with recording() as change:
        manager = getattr(row, name)
        others = list(others)
        wanted = {other.pk for other in others}
        have = {*manager.values_list("pk", flat=True)}
        if wanted == have:
            return False
        if isinstance(row, Topic):
            row.check_broader(others)
        if name == "topics":
            manager.set(others, clear=False)
        else:
            manager.set(others)
        touch(change, row)
        if name == "related":  # either of two related items shows the other
            change.add(Item, wanted ^ have)
    return True


def delete(rows: Iterable[Any]) -> None:
    """Delete rows of one model with all that belongs to them. Items, issues, topics and sources leave a record."""
    rows = list(rows)
    with recording() as change:
        for row in rows:
            _delete(change, row)


def _delete(change: Change, row: Any) -> None:
    match row:
        case TranslationBase():
            save_texts(row.owner, [], [row])  # type: ignore[attr-defined]
            return
        case Placement():
            placements.save_placements([], [row])
            return
        case Issue():
            if row.is_published:
                publishing.withdraw_issue(row)
            change.add(Item, row.placements.values_list("item", flat=True), updated=False)
        case Item():
            discard_pictures(row.figures.all())
            held = row.placements.values_list("issue", flat=True)
            change.add(Issue, held, updated=row.is_published)
            change.add(Item, row.related.values_list("pk", flat=True))
        case Figure():
            discard_pictures([row])
    touch(change, row)
    pk = row.pk
    was_public = isinstance(row, (Item, Issue)) and row.is_published
    row.delete()
    if type(row) in KINDS:
        record_deletion(change, row, pk)
    change.is_public = change.is_public or was_public
