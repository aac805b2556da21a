"""A topic's course through the issues: how many items each issue had on it, measured out for drawing."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from digest.archive.models import Issue, Placement, Topic

ISSUES = 36  # the latest that a drawing shows: its cost must not grow with the archive
STEP, BAR = 22, 14  # pixels from issue to issue, and of a bar
UNIT = 12  # pixels an item, fewer where a bar would grow over HIGHEST
HIGHEST = 120  # pixels


@dataclass(frozen=True)
class Bar:
    """One issue's bar: pixels from the left and top, heights of its two parts."""

    issue: Issue
    new: int
    look_backs: int
    x: int
    new_height: int
    look_back_height: int
    base: int

    @property
    def total(self) -> int:
        return self.new + self.look_backs

    @property
    def new_y(self) -> int:
        return self.base - self.new_height

    @property
    def look_back_y(self) -> int:
        return self.new_y - self.look_back_height

    @property
    def middle(self) -> int:
        return self.x + BAR // 2

    @property
    def label_y(self) -> int:
        return self.look_back_y - 4


@dataclass(frozen=True)
class Course:
    """A drawing's bars and its size in pixels."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    base: int

    @property
    def numbers_y(self) -> int:
        return self.base + 14

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)


def course_of(topic: Topic) -> Course:
    """Items on this topic in each of the latest issues, oldest first."""
    on_topic = Q(item__topic_ties__tag=topic)
    if topic.facet == Topic.Facet.COLLECTION:
        on_topic = Q(item__further_reading=topic)
    look_back = Q(role=Placement.Role.LOOK_BACK)
    placed = Placement.objects.public().filter(on_topic, issue=OuterRef("pk"))
    issues = (
        Issue.objects.published()
        .newest_first()
        .annotate(new=_count(placed.exclude(look_back)), old=_count(placed.filter(look_back)))
    )
    counts = [(issue, issue.new, issue.old) for issue in issues[:ISSUES]][::-1]
    tallest = max((new + old for _issue, new, old in counts), default=0) or 1
    unit = min(UNIT, HIGHEST / tallest)
    base = round(tallest * unit) + 18
    bars = tuple(_bar(*counted, place, base, unit) for place, counted in enumerate(counts))
    return Course(bars, len(bars) * STEP + 8, base + 20, base)


def _count(placed: QuerySet[Placement]) -> Coalesce:
    numbers = placed.order_by().values("issue").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(numbers), 0)


def _bar(issue: Issue, new: int, old: int, place: int, base: int, unit: float) -> Bar:
    return Bar(issue, new, old, 4 + place * STEP, round(new * unit), round(old * unit), base)
