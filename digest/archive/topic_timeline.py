"""A bar chart of a topic: how many items on it each of the latest issues has."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from digest.archive.models import Issue, Placement, Topic

MAX_ISSUES = 36  # the latest issues; a limit keeps the cost constant as the archive grows
# Pixels.
BAR_WIDTH = 14
BAR_DISTANCE = 22  # from the left edge of one bar to that of the next
ITEM_HEIGHT = 12  # per item; less where a bar would be higher than MAX_BAR_HEIGHT
MAX_BAR_HEIGHT = 120


@dataclass(frozen=True)
class TimelineBar:
    """The bar of one issue; coordinates are pixels from the top left corner."""

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
        return self.x + BAR_WIDTH // 2

    @property
    def label_y(self) -> int:
        return self.look_back_y - 4


@dataclass(frozen=True)
class TopicTimeline:
    """The bars of the chart and its size in pixels."""

    bars: tuple[TimelineBar, ...]
    width: int
    height: int
    base: int

    @property
    def numbers_y(self) -> int:
        return self.base + 14

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)


def build_timeline(topic: Topic) -> TopicTimeline:
    """Count the items on this topic in each of the latest issues, oldest issue first."""
    on_topic = Q(item__topic_ties__tag=topic)
    if topic.facet == Topic.Facet.COLLECTION:
        on_topic = Q(item__further_reading=topic)
    look_back = Q(role=Placement.Role.LOOK_BACK)
    placements = Placement.objects.public().filter(on_topic, issue=OuterRef("pk"))
    issues = (
        Issue.objects.published()
        .newest_first()
        .annotate(
            new=_count_per_issue(placements.exclude(look_back)),
            look_backs=_count_per_issue(placements.filter(look_back)),
        )
    )
    counts = [(issue, issue.new, issue.look_backs) for issue in issues[:MAX_ISSUES]][::-1]
    highest = max((new + look_backs for _issue, new, look_backs in counts), default=0) or 1
    item_height = min(ITEM_HEIGHT, MAX_BAR_HEIGHT / highest)
    base = round(highest * item_height) + 18
    bars = tuple(
        TimelineBar(
            issue=issue,
            new=new,
            look_backs=look_backs,
            x=4 + index * BAR_DISTANCE,
            new_height=round(new * item_height),
            look_back_height=round(look_backs * item_height),
            base=base,
        )
        for index, (issue, new, look_backs) in enumerate(counts)
    )
    return TopicTimeline(bars, width=len(bars) * BAR_DISTANCE + 8, height=base + 20, base=base)


def _count_per_issue(placements: QuerySet[Placement]) -> Coalesce:
    numbers = placements.order_by().values("issue").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(numbers), 0)
