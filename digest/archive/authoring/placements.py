"""Placing items in issues: in which issues, in what order, and which of them is an item's home."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from digest.archive.authoring.affected import add_affected_by_placement
from digest.archive.authoring.publishing import update_states_after_placing
from digest.archive.changes import record_changes
from digest.archive.models import Issue, Item, Placement

LAST_POSITION = 32_767  # the maximum of the column


def place_item(
    item: Item,
    issue: Issue,
    *,
    section: str = "",
    role: str = Placement.Role.NEW,
    focus: bool = False,
    before: Placement | None = None,
) -> Placement:
    """Place an item in an issue: by default in the section of its kind, and last.

    In a published issue the item is published. Raises IntegrityError if the item is already in the issue, or if it
    would be new in two issues.
    """
    with record_changes():
        placement = Placement(item=item, issue=issue, section=section or item.kind, role=role, focus=focus)
        placement.position = None  # type: ignore[assignment]  # at the end
        save_placements([placement])
        if before is not None:
            move_placement(placement, before=before)
    return placement


def move_placement(placement: Placement, *, before: Placement | None) -> None:
    """Move a placement directly before another of its issue, or to the end.

    The target is a neighbour and not a number, so that the moves of two editors do not undo each other.
    """
    with record_changes():
        others = list(placement.issue.placements.in_reading_order().exclude(pk=placement.pk))
        pks = [other.pk for other in others]
        index = pks.index(before.pk) if before is not None and before.pk in pks else len(others)
        reorder_placements(placement.issue, [*others[:index], placement, *others[index:]])


def reorder_placements(issue: Issue, order: Sequence[Placement]) -> bool:
    """Number the placements of an issue in this order, any others after them. Returns whether any position changed."""
    with record_changes() as change:
        ordered = {placement.pk for placement in order}
        rest = [p for p in issue.placements.in_reading_order() if p.pk not in ordered]
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


def move_home_issue(item: Item, issue: Issue) -> None:
    """Make `issue` the one where an item is new; where it was new before it is no longer placed."""
    with record_changes():
        home = item.home
        if home is None:
            place_item(item, issue)
        elif home.issue_id != issue.pk:
            home.issue = issue
            home.position = None  # type: ignore[assignment]
            save_placements([home])


def remove_placement(placement: Placement) -> None:
    """Remove an item from an issue; it is withdrawn if no other published issue has it."""
    save_placements([], [placement])


def save_placements(rows: Iterable[Any], deleted: Iterable[Placement] = ()) -> None:
    """Save and delete placements, such as those of a form.

    A position of None means last. The home of an item may change from one of the `rows` to another.
    """
    rows, deleted = list(rows), list(deleted)
    with record_changes() as change:
        stored = Placement.objects.select_related("issue").in_bulk([row.pk for row in [*rows, *deleted] if row.pk])
        placed, removed = [], []
        for row in deleted:
            old = stored[row.pk]
            add_affected_by_placement(change, old.item_id, old.issue)
            removed.append((old.item_id, old.issue_id))
            row.delete()
        _make_changing_rows_look_backs(rows, stored)
        last: dict[int, int] = {}
        for row in rows:
            if row.position is None:
                row.position = _next_position(row.issue, last)
            before = stored.get(row.pk)
            row.save()
            add_affected_by_placement(change, row.item_id, row.issue)
            if before is None or before.issue_id != row.issue_id:
                placed.append(row.item_id)
            if before is not None and before.issue_id != row.issue_id:
                add_affected_by_placement(change, before.item_id, before.issue)
                removed.append((before.item_id, before.issue_id))
        update_states_after_placing(change, placed, removed)


def _make_changing_rows_look_backs(rows: list[Placement], stored: dict[Any, Placement]) -> None:
    """Make all rows whose role will change look-backs first, so that no item has two homes while they are saved."""
    changing = [row.pk for row in rows if row.pk in stored and stored[row.pk].role != row.role]
    if len(rows) > 1 and changing:
        Placement.objects.filter(pk__in=changing).update(role=Placement.Role.LOOK_BACK, focus=False)


def _next_position(issue: Issue, last: dict[int, int]) -> int:
    if issue.pk not in last:
        found = issue.placements.aggregate(last=models.Max("position"))["last"]
        last[issue.pk] = -1 if found is None else found
    last[issue.pk] = min(last[issue.pk] + 1, LAST_POSITION)
    return last[issue.pk]
