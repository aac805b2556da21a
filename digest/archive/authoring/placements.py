"""Where items stand: in which issues, in what order, and where their home is."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from digest.archive.authoring.effects import touch_placement
from digest.archive.authoring.publishing import follow_placements
from digest.archive.changes import recording
from digest.archive.models import Issue, Item, Placement

LAST_POSITION = 32_767  # what the column holds


def place(
    item: Item,
    issue: Issue,
    *,
    section: str = "",
    role: str = Placement.Role.NEW,
    focus: bool = False,
    before: Placement | None = None,
) -> Placement:
    """Put an item into an issue: in the section of its kind and at the end unless said otherwise.

    In a published issue the item becomes public. Raises IntegrityError if the item stands in the issue already, or is
    new in another.
    """
    with recording():
        placement = Placement(item=item, issue=issue, section=section or item.kind, role=role, focus=focus)
        placement.position = None  # type: ignore[assignment]  # at the end
        save_placements([placement])
        if before is not None:
            move(placement, before=before)
    return placement


def move(placement: Placement, *, before: Placement | None) -> None:
    """Put a placement directly before another of its issue, or last.

    It is said relative to a neighbour, not as a number, so that two editors' moves do not undo each other.
    """
    with recording():
        others = list(placement.issue.placements.in_reading_order().exclude(pk=placement.pk))
        keys = [other.pk for other in others]
        at = keys.index(before.pk) if before is not None and before.pk in keys else len(others)
        reorder(placement.issue, [*others[:at], placement, *others[at:]])


def reorder(issue: Issue, order: Sequence[Placement]) -> bool:
    """Number an issue's placements in this order; those not named follow. Returns whether any position differs."""
    with recording() as change:
        named = {placement.pk for placement in order}
        rest = [p for p in issue.placements.in_reading_order() if p.pk not in named]
        moved = []
        for number, placement in enumerate([*order, *rest]):
            position = min(number, LAST_POSITION)
            if placement.position != position:
                placement.position = position
                moved.append(placement)
        Placement.objects.bulk_update(moved, ["position"], batch_size=500)
        if moved:
            change.add(Issue, [issue.pk])
    return bool(moved)


def move_home(item: Item, issue: Issue) -> None:
    """Make `issue` the one where an item is new; where it was new before it is no longer placed."""
    with recording():
        home = item.home
        if home is None:
            place(item, issue)
        elif home.issue_id != issue.pk:
            home.issue = issue
            home.position = None  # type: ignore[assignment]
            save_placements([home])


def remove(placement: Placement) -> None:
    """Take an item out of an issue; it is withdrawn if no other published issue shows it."""
    save_placements([], [placement])


def save_placements(rows: Iterable[Any], deleted: Iterable[Placement] = ()) -> None:
    """Save placements as they are given, such as those of a form, and delete others.

    A position of None stands for the end. An item's home may move from one row to another among `rows`.
    """
    rows, deleted = list(rows), list(deleted)
    with recording() as change:
        stored = Placement.objects.select_related("issue").in_bulk([row.pk for row in [*rows, *deleted] if row.pk])
        placed, left = [], []
        for row in deleted:
            old = stored[row.pk]
            touch_placement(change, old.item_id, old.issue)
            left.append((old.item_id, old.issue_id))
            row.delete()
        _step_back(rows, stored)
        last: dict[int, int] = {}
        for row in rows:
            if row.position is None:
                row.position = _next_position(row.issue, last)
            before = stored.get(row.pk)
            row.save()
            touch_placement(change, row.item_id, row.issue)
            if before is None or before.issue_id != row.issue_id:
                placed.append(row.item_id)
            if before is not None and before.issue_id != row.issue_id:
                touch_placement(change, before.item_id, before.issue)
                left.append((before.item_id, before.issue_id))
        follow_placements(change, placed, left)


def _step_back(rows: list[Placement], stored: dict[Any, Placement]) -> None:
    """Make look-backs of all rows whose role will change, so that no item has two homes while they are saved."""
    changing = [row.pk for row in rows if row.pk in stored and stored[row.pk].role != row.role]
    if len(rows) > 1 and changing:
        Placement.objects.filter(pk__in=changing).update(role=Placement.Role.LOOK_BACK, focus=False)


def _next_position(issue: Issue, last: dict[int, int]) -> int:
    if issue.pk not in last:
        found = issue.placements.aggregate(last=models.Max("position"))["last"]
        last[issue.pk] = -1 if found is None else found
    last[issue.pk] = min(last[issue.pk] + 1, LAST_POSITION)
    return last[issue.pk]
