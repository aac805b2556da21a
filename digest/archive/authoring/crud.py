"""Creating, saving and deleting rows of any model of the archive."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from digest.archive.authoring import placements, publishing, topics
from digest.archive.authoring.affected import add_affected
from digest.archive.authoring.deletions import KINDS, record_deletion, remove_deletion_record
from digest.archive.authoring.picture_files import delete_pictures_on_commit
from digest.archive.authoring.texts import save_texts, write_text
from digest.archive.changes import Change, record_changes
from digest.archive.models import Figure, Issue, Item, Placement, Topic, TranslationBase

_NOT_PUBLIC = {"remainder"}  # fields that no public page shows


def create(model: type[models.Model], **values: Any) -> Any:
    """Create a row of `model` with these values."""
    row = model(**values)
    save(row)
    return row


def edit(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set fields of an existing row and save those that changed; returns their names."""
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
    """Save all fields of a row, or only `fields`, by the rules of its model."""
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
    with record_changes() as change:
        is_new = row._state.adding
        if fields is None:
            row.save()
        else:
            row.save(update_fields=fields)
        if is_new:
            remove_deletion_record(row)
        if fields is not None and {*fields} <= _NOT_PUBLIC:
            return
        add_affected(change, row)
        if isinstance(row, Issue) and not is_new:  # pages of items show the number and date of the issue
            change.add(Item, row.placements.values_list("item", flat=True), updated=False)


def set_relation(row: models.Model, name: str, others: Iterable[Any]) -> bool:
    """Set a many-to-many field of a row: `places`, `topics`, `related`, `further_reading` or `broader`.

    Returns whether anything changed.
    """
    with record_changes() as change:
        manager = getattr(row, name)
        others = list(others)
        wanted = {other.pk for other in others}
        existing = {*manager.values_list("pk", flat=True)}
        if wanted == existing:
            return False
        if isinstance(row, Topic):
            row.check_broader(others)
        if name == "topics":
            manager.set(others, clear=False)
        else:
            manager.set(others)
        add_affected(change, row)
        if name == "related":  # the relation is symmetrical: the other items show it, too
            change.add(Item, wanted ^ existing)
    return True


def delete(rows: Iterable[Any]) -> None:
    """Delete rows of one model and everything that depends on them. Items, issues, topics and sources are recorded."""
    rows = list(rows)
    with record_changes() as change:
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
            delete_pictures_on_commit(row.figures.all())
            issues = row.placements.values_list("issue", flat=True)
            change.add(Issue, issues, updated=row.is_published)
            change.add(Item, row.related.values_list("pk", flat=True))
        case Figure():
            delete_pictures_on_commit([row])
    add_affected(change, row)
    pk = row.pk
    was_public = isinstance(row, (Item, Issue)) and row.is_published
    row.delete()
    if type(row) in KINDS:
        record_deletion(change, row, pk)
    change.is_public = change.is_public or was_public
