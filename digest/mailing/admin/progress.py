"""How a mailing stands: counts by state and language, rate, time left; ready to be drawn."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from digest.mailing.models import Delivery, Mailing
from digest.subscriptions.models import Subscriber

State = Delivery.State
LANGUAGES = dict(Subscriber.MAIL_LANGUAGES)
# As a bar shows them, from what is done to what is not.
ORDER = (
    *(State.SENT, State.SUPPRESSED, State.FAILED, State.EXPIRED, State.UNCERTAIN),
    *(State.DEFERRED, State.IN_DATA, State.CLAIMED, State.PENDING),
)
RATE_SECONDS = 60  # over which the rate is taken


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
    """One row of the drawing: so many rows in all, and how they are spread over the states."""

    label: str
    total: int
    segments: list[Segment]


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
    def settled(self) -> int:
        return self.sum - self.waiting


def progress_of(mailing: Mailing) -> Progress:
    """Counted in one pass over the mailing's rows, and one over its editions."""
    since = timezone.now() - dt.timedelta(seconds=RATE_SECONDS)
    lately = Count("pk", filter=Q(state=State.SENT, changed_at__gte=since))
    rows = mailing.deliveries.values_list("edition_id", "state").annotate(count=Count("pk"), lately=lately).order_by()
    languages = dict(mailing.editions.values_list("pk", "language"))
    counts: Counter[str] = Counter()
    by_language: dict[str | None, Counter[str]] = {}
    sent_lately = 0
    for edition, state, count, new in rows:
        counts[state] += count
        by_language.setdefault(languages.get(edition), Counter())[state] += count
        sent_lately += new
    known = {state: counts[state] for state in State.values}
    rate = sent_lately / _seconds(mailing)
    waiting = sum(known[state] for state in Delivery.OPEN)
    is_sending = mailing.state == Mailing.State.SENDING
    return Progress(
        audience=mailing.audience,
        counts=known,
        whole=_bar("", counts, sum(counts.values())),
        states=[_bar(str(state.label), {state: counts[state]}, sum(counts.values())) for state in ORDER],
        languages=[
            _bar(str(label), by_language[code], max(sum(found.values()) for found in by_language.values()))
            for code, label in [*LANGUAGES.items(), (None, _("nothing of what they chose is in it"))]
            if code in by_language
        ],
        rate=rate,
        left=round(waiting / rate) if rate and waiting and is_sending else None,
    )


def _seconds(mailing: Mailing) -> float:
    """What the rate is taken over: a minute, or less for a mailing that is younger."""
    age = (timezone.now() - mailing.created_at).total_seconds()
    return min(max(age, 1.0), float(RATE_SECONDS))


def _bar(label: str, counts: Mapping[str, int], whole: int) -> Bar:
    """A bar with a segment for each state that occurs; `whole` rows are as long as the drawing is wide."""
    segments, start = [], 0.0
    for state in ORDER:
        if count := counts.get(state, 0):
            width = 100 * count / whole
            segments.append(Segment(state, str(state.label), count, f"{start:.2f}%", f"{width:.2f}%"))
            start += width
    return Bar(label, sum(counts.values()), segments)
