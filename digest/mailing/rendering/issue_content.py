"""The rows that the email of one or several issues needs, read once with a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import QuerySet, prefetch_related_objects

from digest.archive.models import Issue, ItemTopic, Placement

_RELATED = (
    *("translations", "item__translations", "item__source__translations", "item__links", "item__places"),
    *("item__corrections", "item__figures__translations", "item__further_reading__translations"),
)


@dataclass(frozen=True)
class IssueContent:
    """Issues, newest first, with their public placements. Shared by all editions of a mailing."""

    issues: tuple[Issue, ...]
    placements: dict[int, list[Placement]]  # by issue, in reading order
    topics: dict[int, frozenset[int]]  # by item
    homes: dict[int, str]  # by item: the number of the issue in which it first appeared
    cache: dict[object, object] = field(default_factory=dict, compare=False, repr=False)  # of `IssueRenderer`

    @cached_property
    def all_placements(self) -> list[Placement]:
        return [placement for issue in self.issues for placement in self.placements[issue.pk]]


def load_content(issues: Iterable[Issue], placements: "QuerySet[Placement] | None" = None) -> IssueContent:
    """Load all that an email about these issues needs: thirteen queries, however long the issues are.

    `placements` limits which placements are used; the default is the public ones. A preview passes others.
    """
    visible = Placement.objects.public() if placements is None else placements
    ordered = tuple(sorted(issues, key=lambda issue: (issue.whole, issue.part), reverse=True))
    prefetch_related_objects(ordered, "translations")
    by_issue: dict[int, list[Placement]] = {issue.pk: [] for issue in ordered}
    rows = visible.filter(issue__in=ordered).order_by("position", "pk")
    for placement in rows.select_related("item__source").prefetch_related(*_RELATED):
        by_issue[placement.issue_id].append(placement)
    items = {placement.item_id for found in by_issue.values() for placement in found}
    return IssueContent(ordered, by_issue, _topics(items), _homes(items, visible))


def _topics(items: set[int]) -> dict[int, frozenset[int]]:
    topics: dict[int, set[int]] = {}
    for item, topic in ItemTopic.objects.filter(content_object__in=items).values_list("content_object", "tag"):
        topics.setdefault(item, set()).add(topic)
    return {item: frozenset(found) for item, found in topics.items()}


def _homes(items: set[int], visible: "QuerySet[Placement]") -> dict[int, str]:
    homes = visible.filter(item__in=items).exclude(role=Placement.Role.LOOK_BACK)
    return dict(homes.values_list("item", "issue__number"))
