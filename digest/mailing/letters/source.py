"""What one or several issues give a mail to tell, read once in a fixed number of queries for all its editions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import QuerySet, prefetch_related_objects

from digest.archive.models import Issue, ItemTopic, Placement

_EVERYTHING = (
    *("translations", "item__translations", "item__source__translations", "item__links", "item__places"),
    *("item__corrections", "item__figures__translations", "item__further_reading__translations"),
)


@dataclass(frozen=True)
class Source:
    """Issues, newest first, with the placements that the public may see."""

    issues: tuple[Issue, ...]
    placements: dict[int, list[Placement]]  # by issue, in reading order
    topics: dict[int, frozenset[int]]  # by item
    homes: dict[int, str]  # number of the issue where an item first appeared, by item
    told: dict[object, object] = field(default_factory=dict, compare=False, repr=False)  # kept for the next edition

    @cached_property
    def all_placements(self) -> list[Placement]:
        return [placement for issue in self.issues for placement in self.placements[issue.pk]]


def gather(issues: Iterable[Issue], placements: "QuerySet[Placement] | None" = None) -> Source:
    """Everything a mail about these issues may need; thirteen queries, however long the issues are.

    `placements` are those it may tell of, by default what the public may see; a preview gives others.
    """
    visible = Placement.objects.public() if placements is None else placements
    ordered = tuple(sorted(issues, key=lambda issue: (issue.whole, issue.part), reverse=True))
    prefetch_related_objects(ordered, "translations")
    by_issue: dict[int, list[Placement]] = {issue.pk: [] for issue in ordered}
    rows = visible.filter(issue__in=ordered).order_by("position", "pk")
    for placement in rows.select_related("item__source").prefetch_related(*_EVERYTHING):
        by_issue[placement.issue_id].append(placement)
    items = {placement.item_id for told in by_issue.values() for placement in told}
    return Source(ordered, by_issue, _topics(items), _homes(items, visible))


def _topics(items: set[int]) -> dict[int, frozenset[int]]:
    topics: dict[int, set[int]] = {}
    for item, topic in ItemTopic.objects.filter(content_object__in=items).values_list("content_object", "tag"):
        topics.setdefault(item, set()).add(topic)
    return {item: frozenset(found) for item, found in topics.items()}


def _homes(items: set[int], visible: "QuerySet[Placement]") -> dict[int, str]:
    homes = visible.filter(item__in=items).exclude(role=Placement.Role.LOOK_BACK)
    return dict(homes.values_list("item", "issue__number"))
