"""How a mailing stands: counts by state and language, rate, time left; ready to be drawn."""

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
# As a bar shows them, from what is done to what is not.
ORDER = (
    *(State.SENT, State.SUPPRESSED, State.FAILED, State.EXPIRED, State.UNCERTAIN),
    *(State.DEFERRED, State.IN_DATA, State.CLAIMED, State.PENDING),
)
RATE_SECONDS = 60  # over which the rate is taken
STUCK_SECONDS = 60  # without any change, while mails wait


@dataclass(frozen=True)
class Segment:
    """A stretch of a bar; `start` and `width` in per cent of the whole drawing, as SVG's attributes want them."""

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
        """The text alternative of the drawing."""
        return "; ".join(f"{segment.label}: {segment.count}" for segment in self.segments)


@dataclass(frozen=True)
class Progress:
    """A mailing at one moment. `rate` in mails a second over the last minute, `left` in seconds, None if unknown."""

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
        """The accounting identity: each row is in one state, and none was lost or added."""
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
        """Mails wait, and for a while nothing was done, nor is at this moment: probably no sender is running."""
        if not self.counts[State.PENDING] or self.last_change is None:
            return False
        if self.now - self.last_change < dt.timedelta(seconds=STUCK_SECONDS):
            return False
        return not Delivery.objects.filter(state__in=[State.CLAIMED, State.IN_DATA]).exists()

    @property
    def settled(self) -> int:
        return self.sum - self.waiting


def count_waiting(mailing: Mailing) -> int:
    """The rows that are not settled, asked for in the two groups that have an index each: all others stay unread."""
    rows = mailing.deliveries.filter
    to_go = rows(state__in=[State.PENDING, State.DEFERRED]).count()
    return to_go + rows(state__in=[State.CLAIMED, State.IN_DATA]).count()


def progress_of(mailing: Mailing) -> Progress:
    """Counted in one pass over the mailing's rows, and one over its editions."""
    tally = _count(mailing)
    counts = {state: tally.counts[state] for state in State.values}
    rate = tally.rate
    waiting = sum(counts[state] for state in Delivery.OPEN)
    is_sending = mailing.state == Mailing.State.SENDING
    longest = max((sum(found.values()) for found in tally.by_language.values()), default=0)
    names = [*LANGUAGES.items(), (None, _("nothing they chose is in this mailing"))]
    return Progress(
        audience=mailing.audience,
        counts=counts,
        whole=_bar("", counts, sum(counts.values())),
        states=[_bar(str(state.label), {state: counts[state]}, sum(counts.values())) for state in ORDER],
        languages=[
            _bar(str(label), tally.by_language[code], longest) for code, label in names if code in tally.by_language
        ],
        rate=rate,
        left=round(waiting / rate) if rate and waiting and is_sending else None,
        last_change=max(tally.changes, default=None),
        now=tally.now,
    )


@dataclass
class _Totals:
    """What a mailing's rows add up to; `begun` and `lately` are about those sent within the last RATE_SECONDS."""

    counts: Counter[str] = field(default_factory=Counter)
    by_language: dict[str | None, Counter[str]] = field(default_factory=dict)
    lately: int = 0
    now: dt.datetime = field(default_factory=sql.clock)
    begun: list[dt.datetime] = field(default_factory=list)
    changes: list[dt.datetime] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Over a minute, or since the first mail where that was sent less than a minute ago."""
        if self.counts[State.SENT] > self.lately or not self.begun:
            return self.lately / RATE_SECONDS
        return self.lately / max((self.now - min(self.begun)).total_seconds(), 1.0)


def _count(mailing: Mailing) -> _Totals:
    tally = _Totals()
    is_new = Q(state=State.SENT, changed_at__gte=tally.now - dt.timedelta(seconds=RATE_SECONDS))
    rows: Any = mailing.deliveries.values_list("edition_id", "state").order_by()
    rows = rows.annotate(
        count=Count("pk"),
        lately=Count("pk", filter=is_new),
        first=Min("changed_at", filter=is_new),
        last=Max("changed_at"),
    )
    languages = dict(mailing.editions.values_list("pk", "language"))
    for edition, state, count, new, first, last in rows:
        tally.counts[state] += count
        tally.by_language.setdefault(languages.get(edition), Counter())[state] += count
        tally.lately += new
        tally.begun += [first] if first else []
        tally.changes.append(last)
    return tally


def _bar(label: str, counts: Mapping[str, int], whole: int) -> Bar:
    """A bar with a segment for each state that occurs; `whole` rows are as long as the drawing is wide."""
    segments, start = [], 0.0
    for state in ORDER:
        if count := counts.get(state, 0):
            width = 100 * count / whole
            segments.append(Segment(state, str(state.label), count, f"{start:.2f}%", f"{width:.2f}%"))
            start += width
    return Bar(label, sum(counts.values()), segments)
