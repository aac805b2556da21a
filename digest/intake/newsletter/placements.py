"""Places items in the issue, and look-backs also in their original issue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from digest.archive import authoring
from digest.archive.models import Issue, Item, Placement
from digest.intake.change_log import ChangeLog, Subject
from digest.intake.document_warning import ImportReport
from digest.intake.newsletter.document import ParsedItem
from digest.intake.newsletter.item_rows import home_of
from digest.intake.newsletter.update_rules import is_public_elsewhere, takes_no_items


@dataclass
class PlacementWriter:
    """Places the items of one issue, in the document's order."""

    issue: Issue
    report: ImportReport
    log: ChangeLog
    may_change_public: bool = True  # otherwise other issues that readers see are not changed
    homes: dict[str, Issue] = field(default_factory=dict)
    order: list[Placement] = field(default_factory=list)
    added: set[int] = field(default_factory=set)  # ids of placements made by this import

    def place(self, item: Item, entry: ParsedItem, placement: Placement | None, is_new: bool) -> Placement:
        """Place an item in this issue, and a look-back also in its original issue.

        For a new item (`is_new`) the placement is not logged.
        """
        home = None if is_new else home_of(item)
        role = self._role(item, entry, home)
        values: dict[str, Any] = {
            "section": str(entry.section),
            "role": str(role),
            "focus": entry.focus and role == entry.role,
        }
        subject = Subject("item", entry.title, entry.line)
        if placement is None:
            placement = authoring.place_item(item, self.issue, **values)
            self.added.add(placement.pk)
            if not is_new:
                self.log.add("place", subject, "issue", None, f"{self.issue.number} {entry.section} {role}")
        else:
            self.log.update(placement, values, subject, "place")
        if role == Placement.Role.LOOK_BACK:  # last, because an item that was new here had its home here
            self._place_at_home(item, entry, home)
        self.order.append(placement)
        return placement

    def _role(self, item: Item, entry: ParsedItem, home: Placement | None) -> str:
        """The role in the document; an item whose home is another complete issue is a look-back here."""
        if entry.role == Placement.Role.LOOK_BACK or home is None or home.issue_id == self.issue.pk:
            return entry.role
        if home.issue.is_partial and (self.may_change_public or not is_public_elsewhere(item, self.issue)):
            self._move_home(home, self.issue, entry)
            authoring.remove_placement(home)
            return entry.role
        params = {"title": entry.title, "issue": home.issue.number}
        self.report.warn(
            entry.line, _("First published in issue %(issue)s, so treated as a look-back here: %(title)s") % params
        )
        return Placement.Role.LOOK_BACK

    def _place_at_home(self, item: Item, entry: ParsedItem, home: Placement | None) -> None:
        number = entry.look_back_issue
        if number is None or number == self.issue.number:
            return
        if home is None or home.issue_id == self.issue.pk:
            issue = self._home_issue(number, entry)
            if issue is None:
                return
            authoring.place_item(item, issue, section=entry.section)
            self.log.add("tie", Subject("item", entry.title, entry.line), "home", None, number)
        elif home.issue.number == number:
            self.homes[number] = home.issue
        elif (
            home.issue.is_partial
            and not self._is_shown_elsewhere(item)
            and (issue := self._home_issue(number, entry)) is not None
        ):
            old = home.issue
            self._move_home(home, issue, entry)
            authoring.move_home_issue(item, issue)
            self._drop_if_empty(old, entry)
        else:
            params = {"title": entry.title, "here": number, "there": home.issue.number}
            self.report.warn(
                entry.line, _("The document says issue %(here)s; the archive has issue %(there)s: %(title)s") % params
            )

    def _home_issue(self, number: str, entry: ParsedItem) -> Issue | None:
        """The original issue of a look-back; None if that issue must not be changed."""
        if number not in self.homes:
            issue = Issue.objects.filter(number=number).first()
            if issue is None:
                issue = authoring.create_issue(number, record=Issue.Record.PARTIAL)
                self.log.add("create", Subject("issue", number, entry.line))
            elif takes_no_items(issue) and not self.may_change_public:
                params = {"title": entry.title, "issue": number}
                self.report.warn(
                    entry.line,
                    _("Item missing from issue %(issue)s; use --update to add it: %(title)s") % params,
                )
                return None
            elif not issue.is_partial:
                params = {"title": entry.title, "issue": number}
                self.report.warn(entry.line, _("Item missing from issue %(issue)s was added: %(title)s") % params)
            self.homes[number] = issue
        return self.homes[number]

    def _is_shown_elsewhere(self, item: Item) -> bool:
        return any(p.role == Placement.Role.LOOK_BACK and p.issue_id != self.issue.pk for p in item.placements.all())

    def _move_home(self, home: Placement, issue: Issue, entry: ParsedItem) -> None:
        self.log.add("place", Subject("item", entry.title, entry.line), "home", home.issue.number, issue.number)

    def _drop_if_empty(self, issue: Issue, entry: ParsedItem) -> None:
        if not issue.is_published and not issue.placements.exists():
            self.log.add("delete", Subject("issue", issue.number, entry.line))
            authoring.delete([issue])

    def update_positions(self) -> None:
        """Number the placements in the document's order, if it differs from the archive's."""
        old = [(placement.position, placement.pk) for placement in self.order if placement.pk not in self.added]
        gone = moved(old)
        if not gone and not self.added:
            return
        for position, placement in enumerate(self.order):
            if placement.pk in gone:
                params = Subject("item", str(placement.item))
                self.log.add("place", params, "position", placement.position + 1, position + 1)
        authoring.reorder_placements(self.issue, self.order)


def moved(order: Sequence[tuple[int, int]]) -> set[int]:
    """The keys that moved, given (old position, key) pairs in their new order.

    These are all but the longest increasing subsequence: of two swapped neighbours, one moved.
    """
    ends: list[int] = []  # ends[n]: the end of the best subsequence of length n + 1
    before: list[int | None] = []
    for at, (position, _key) in enumerate(order):
        low, high = 0, len(ends)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if order[ends[middle]][0] <= position else (low, middle)
        before.append(ends[low - 1] if low else None)
        ends[low : low + 1] = [at]
    kept: set[int] = set()
    at_end = ends[-1] if ends else None
    while at_end is not None:
        kept.add(order[at_end][1])
        at_end = before[at_end]
    return {key for _position, key in order} - kept
