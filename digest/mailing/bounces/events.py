"""Keeping what came back, once, and its effects: on the subscription, and on a mail whose fate was uncertain.

What follows is worked out from all the events that are known, never from the order they came in. An event may come
before the sender has written down that the mail was sent at all.
"""

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from digest.common.text import redact_emails
from digest.mailing.models import Delivery, MailEvent
from digest.mailing.outbox.operations import resolve_uncertain
from digest.subscriptions import unsubscribing
from digest.subscriptions.consent import ConsentSource, lock_subscriber
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber

SOFT_MAILINGS = 3  # that bounced softly, over at least this long, with none delivered since the first
SOFT_SPAN = dt.timedelta(days=14)
AT_ONCE = 500  # events that are looked up together
_HARD, _SOFT, _COMPLAINT = ConsentSource("hard-bounce"), ConsentSource("soft-bounces"), ConsentSource("complaint")
_DELIVERED = ConsentSource("delivered-again")
# From these on the address is known to be right, whatever older mails tell.
_FRESH_STARTS = (ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.ADDRESS_CHANGED, ConsentEvent.Kind.LIFTED)
_Kind = MailEvent.Kind


@dataclass(frozen=True)
class Event:
    """One thing that came back of one delivery. `id` is the same each time it is told, and of nothing else."""

    id: str
    delivery_id: int
    kind: MailEvent.Kind
    status: str = ""  # RFC 3463
    detail: str = ""
    at: dt.datetime | None = None  # now


class RecordResult(enum.Enum):
    """What became of an event."""

    NEW = "new"
    KNOWN = "known already"
    NOT_OURS = "of no mail of ours"


def take_all(events: Sequence[Event]) -> None:
    """Take each by itself: what is done is done when a call breaks off, and is passed over when it is told again."""
    for start in range(0, len(events), AT_ONCE):
        some = events[start : start + AT_ONCE]
        ids = MailEvent.objects.filter(event_id__in=[event.id[:200] for event in some])
        known = set(ids.values_list("event_id", flat=True))
        for event in some:
            if event.id[:200] not in known:
                take(event)


def take(event: Event) -> RecordResult:
    """Keep an event with all that follows from it, or nothing of it; told again, it changes nothing."""
    if _is_known(event):  # without a lock: providers tell some things many times
        return RecordResult.KNOWN
    known = Delivery.objects.filter(pk=event.delivery_id) if event.delivery_id < 2**63 else Delivery.objects.none()
    subscriber_id = known.values_list("subscriber_id", flat=True).first()
    return RecordResult.NOT_OURS if subscriber_id is None else _keep(event, subscriber_id)


@transaction.atomic
def _keep(event: Event, subscriber_id: int) -> RecordResult:
    # The subscriber's row first: events about the same person wait for each other.
    subscriber = lock_subscriber(Subscriber(pk=subscriber_id))
    if _is_known(event):
        return RecordResult.KNOWN
    now = timezone.now()
    MailEvent.objects.create(
        event_id=event.id[:200],
        delivery_id=event.delivery_id,
        subscriber=subscriber,
        kind=event.kind,
        status=event.status[:11],
        detail=redact_emails(event.detail)[:500],
        at=min(event.at, now) if event.at and timezone.is_aware(event.at) else now,
    )
    _conclude(subscriber, event.kind)
    resolve_uncertain(event.delivery_id)
    return RecordResult.NEW


def _is_known(event: Event) -> bool:
    return MailEvent.objects.filter(event_id=event.id[:200]).exists()


def _conclude(subscriber: Subscriber, kind: MailEvent.Kind) -> None:
    """What the events of this subscriber, all together, mean for the subscription."""
    if kind is _Kind.POLICY or (kind is _Kind.DELIVERED and subscriber.state != Subscriber.State.BOUNCED):
        return  # as nearly all are
    events = _that_count(subscriber)
    if kind is _Kind.COMPLAINT and events.filter(kind=_Kind.COMPLAINT).exists():
        unsubscribing.record_bounce_or_complaint(subscriber, Subscriber.State.COMPLAINED, _COMPLAINT)
    elif kind is _Kind.HARD and events.filter(kind=_Kind.HARD).exists():
        unsubscribing.record_bounce_or_complaint(subscriber, Subscriber.State.BOUNCED, _HARD)
    elif kind is _Kind.SOFT and _is_worn_out(events):
        unsubscribing.record_bounce_or_complaint(subscriber, Subscriber.State.BOUNCED, _SOFT)
    elif kind is _Kind.DELIVERED and _ended_softly(subscriber) and _is_well(events):
        unsubscribing.reinstate(subscriber, _DELIVERED)  # a delivery that was told late, or one that came after all


def _that_count(subscriber: Subscriber) -> "QuerySet[MailEvent]":
    """The events about mails to the address of today, since it was last known to be right.

    The mail that asks a new address for confirmation goes to another one, which this subscription is not about.
    """
    events = MailEvent.objects.filter(subscriber=subscriber, delivery__isnull=False)
    events = events.exclude(delivery__notice_kind=Notice.Kind.NEW_ADDRESS)
    starts = ConsentEvent.objects.filter(subscriber=subscriber, kind__in=_FRESH_STARTS).exclude(way=_DELIVERED.name)
    since = starts.aggregate(since=Max("at"))["since"]
    return events.filter(delivery__changed_at__gte=since) if since else events


def _is_worn_out(events: "QuerySet[MailEvent]") -> bool:
    """Whether enough mailings bounced softly, over long enough, since the last one that was delivered."""
    soft = events.filter(kind=_Kind.SOFT, delivery__mailing__isnull=False)
    delivered = events.filter(kind=_Kind.DELIVERED).aggregate(last=Max("at"))["last"]
    if delivered:
        soft = soft.filter(at__gt=delivered)
    found = list(soft.values_list("delivery__mailing_id", "at"))
    if len({mailing for mailing, _at in found}) < SOFT_MAILINGS:
        return False
    times = [at for _mailing, at in found]
    return max(times) - min(times) >= SOFT_SPAN


def _is_well(events: "QuerySet[MailEvent]") -> bool:
    return not events.filter(kind=_Kind.HARD).exists() and not _is_worn_out(events)


def _ended_softly(subscriber: Subscriber) -> bool:
    ends = ConsentEvent.objects.filter(subscriber=subscriber, kind=ConsentEvent.Kind.BOUNCED)
    last = ends.order_by("-at", "-pk").first()
    return subscriber.state == Subscriber.State.BOUNCED and last is not None and last.way == _SOFT.name
