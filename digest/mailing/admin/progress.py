"""The progress of a mailing: counts by state and language, rate and time left, with bars to draw."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _

from digest.mailing.models import Delivery, Mailing
from digest.mailing.outbox import sql
from digest.subscriptions.models import Subscriber

State = Delivery.State
LANGUAGES = dict(Subscriber.MAIL_LANGUAGES)
# The order in a bar, from what is done to what is not.
ORDER = (
    *(State.SENT, State.SUPPRESSED, State.FAILED, State.EXPIRED, State.UNCERTAIN),
    *(State.DEFERRED, State.IN_DATA, State.CLAIMED, State.PENDING),
)
RATE_SECONDS = 60  # the period over which the rate is measured
STUCK_SECONDS = 60  # without any change while emails wait


@dataclass(frozen=True)
class Segment:
    """A part of a bar; `start` and `width` are SVG percentages of the drawing's width."""

    state: str
    label: str
    count: int
    start: str
    width: str


@dataclass(frozen=True)
class Bar:
    """One bar of the chart: a number of deliveries, and how many of them are in each state."""

    label: str
    total: int
    segments: list[Segment]

    @property
    def summary(self) -> str:
        """The text alternative of the bar."""
        return "; ".join(f"{segment.label}: {segment.count}" for segment in self.segments)


@dataclass(frozen=True)
class Progress:
    """A mailing at one moment; `rate` in emails per second over the last minute, `left` in seconds or None."""

    audience: int
    counts: dict[str, int]
    whole: Bar
    states: list[Bar]
    languages: list[Bar]
    rate: float
    left: int | None
    last_change: dt.datetime | None
    now: dt.datetime  # the database's time

    @property
    def sum(self) -> int:
        return sum(self.counts.values())

    @property
    def is_balanced(self) -> bool:
        """Whether the rows add up to the audience: none was lost or added."""
        return self.sum == self.audience

    @property
    def minutes(self) -> int:
        return (self.left or 0) // 60

    @property
    def seconds(self) -> str:
        return f"{(self.left or 0) % 60:02d}"

    @property
    def waiting(self) -> int:
        return sum(self.counts[state] for state in Delivery.OPEN)

    @property
    def is_stuck(self) -> bool:
        """Whether emails wait and nothing has changed for a while: probably no sender is running."""
        if not self.counts[State.PENDING] or self.last_change is None:
            return False
        if self.now - self.last_change < dt.timedelta(seconds=STUCK_SECONDS):
            return False
        return not Delivery.objects.filter(state__in=[State.CLAIMED, State.IN_DATA]).exists()

    @property
    def finished_count(self) -> int:
        return self.sum - self.waiting


def count_waiting(mailing: Mailing) -> int:
    """The number of unfinished rows, counted with the two partial indexes."""
    rows = mailing.deliveries.filter
    to_go = rows(state__in=[State.PENDING, State.DEFERRED]).count()
    return to_go + rows(state__in=[State.CLAIMED, State.IN_DATA]).count()


def progress_of(mailing: Mailing) -> Progress:
    """The progress, counted in one query over the mailing's rows and one over its editions."""
    totals = _count(mailing)
    counts = {state: totals.counts[state] for state in State.values}
    rate = totals.rate
    waiting = sum(counts[state] for state in Delivery.OPEN)
    is_sending = mailing.state == Mailing.State.SENDING
    longest = max((sum(found.values()) for found in totals.by_language.values()), default=0)
    names = [*LANGUAGES.items(), (None, _("nothing they chose is in this mailing"))]
    return Progress(
        audience=mailing.audience,
        counts=counts,
        whole=_bar("", counts, sum(counts.values())),
        states=[_bar(str(state.label), {state: counts[state]}, sum(counts.values())) for state in ORDER],
        languages=[
            _bar(str(label), totals.by_language[code], longest) for code, label in names if code in totals.by_language
        ],
        rate=rate,
        left=round(waiting / rate) if rate and waiting and is_sending else None,
        last_change=max(totals.changes, default=None),
        now=totals.now,
    )


@dataclass
class _Totals:
    """Sums over a mailing's rows; `first_sent` and `sent_recently` cover the last RATE_SECONDS."""

    counts: Counter[str] = field(default_factory=Counter)
    by_language: dict[str | None, Counter[str]] = field(default_factory=dict)
    sent_recently: int = 0
    now: dt.datetime = field(default_factory=sql.clock)
    first_sent: list[dt.datetime] = field(default_factory=list)
    changes: list[dt.datetime] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Emails per second over the last minute, or since the first email if that is more recent."""
        if self.counts[State.SENT] > self.sent_recently or not self.first_sent:
            return self.sent_recently / RATE_SECONDS
        return self.sent_recently / max((self.now - min(self.first_sent)).total_seconds(), 1.0)


def _count(mailing: Mailing) -> _Totals:
    totals = _Totals()
    is_new = Q(state=State.SENT, changed_at__gte=totals.now - dt.timedelta(seconds=RATE_SECONDS))
    rows: Any = mailing.deliveries.values_list("edition_id", "state").order_by()
    rows = rows.annotate(
        count=Count("pk"),
        sent_recently=Count("pk", filter=is_new),
        first=Min("changed_at", filter=is_new),
        last=Max("changed_at"),
    )
    languages = dict(mailing.editions.values_list("pk", "language"))
    for edition, state, count, new, first, last in rows:
        totals.counts[state] += count
        totals.by_language.setdefault(languages.get(edition), Counter())[state] += count
        totals.sent_recently += new
        totals.first_sent += [first] if first else []
        totals.changes.append(last)
    return totals


def _bar(label: str, counts: Mapping[str, int], whole: int) -> Bar:
    """A bar with a segment for each state that occurs; a bar of `whole` rows has the full width."""
    segments, start = [], 0.0
    for state in ORDER:
        if count := counts.get(state, 0):
            width = 100 * count / whole
            segments.append(Segment(state, str(state.label), count, f"{start:.2f}%", f"{width:.2f}%"))
            start += width
    return Bar(label, sum(counts.values()), segments)
