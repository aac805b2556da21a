"""Records bounces, complaints and delivery reports once, and updates the subscription and the delivery.

The result depends on all known events and never on their order. An event may arrive before the sender has recorded
that the email was sent.
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

SOFT_MAILINGS = 3  # mailings with a soft bounce, over at least this time, and none delivered since the first
SOFT_SPAN = dt.timedelta(days=14)
AT_ONCE = 500  # events that are looked up together
_HARD, _SOFT, _COMPLAINT = ConsentSource("hard-bounce"), ConsentSource("soft-bounces"), ConsentSource("complaint")
_DELIVERED = ConsentSource("delivered-again")
# From these events on, the address is known to work; earlier bounces do not count.
_FRESH_STARTS = (ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.ADDRESS_CHANGED, ConsentEvent.Kind.LIFTED)
_Kind = MailEvent.Kind


@dataclass(frozen=True)
class Event:
    """A bounce, complaint or delivery report. `id` identifies it, also if it is reported several times."""

    id: str
    delivery_id: int
    kind: MailEvent.Kind
    status: str = ""  # RFC 3463
    detail: str = ""
    at: dt.datetime | None = None  # now


class RecordResult(enum.Enum):
    """The result of recording an event."""

    NEW = "new"
    KNOWN = "known already"
    NOT_OURS = "of no mail of ours"


def record_events(events: Sequence[Event]) -> None:
    """Record each event in a transaction of its own; those already recorded are skipped."""
    for start in range(0, len(events), AT_ONCE):
        some = events[start : start + AT_ONCE]
        ids = MailEvent.objects.filter(event_id__in=[event.id[:200] for event in some])
        known = set(ids.values_list("event_id", flat=True))
        for event in some:
            if event.id[:200] not in known:
                record_event(event)


def record_event(event: Event) -> RecordResult:
    """Record an event and its effects in one transaction. An event that is already recorded changes nothing."""
    if _is_known(event):  # without a lock: providers report some events many times
        return RecordResult.KNOWN
    known = Delivery.objects.filter(pk=event.delivery_id) if event.delivery_id < 2**63 else Delivery.objects.none()
    subscriber_id = known.values_list("subscriber_id", flat=True).first()
    return RecordResult.NOT_OURS if subscriber_id is None else _store(event, subscriber_id)


@transaction.atomic
def _store(event: Event, subscriber_id: int) -> RecordResult:
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
    _update_subscription(subscriber, event.kind)
    resolve_uncertain(event.delivery_id)
    return RecordResult.NEW


def _is_known(event: Event) -> bool:
    return MailEvent.objects.filter(event_id=event.id[:200]).exists()


def _update_subscription(subscriber: Subscriber, kind: MailEvent.Kind) -> None:
    """End or reinstate the subscription according to all events of this subscriber."""
    if kind is _Kind.POLICY or (kind is _Kind.DELIVERED and subscriber.state != Subscriber.State.BOUNCED):
        return  # as for nearly all events
    events = _relevant_events(subscriber)
    if kind is _Kind.COMPLAINT and events.filter(kind=_Kind.COMPLAINT).exists():
        unsubscribing.record_bounce_or_complaint(subscriber, Subscriber.State.COMPLAINED, _COMPLAINT)
    elif kind is _Kind.HARD and events.filter(kind=_Kind.HARD).exists():
        unsubscribing.record_bounce_or_complaint(subscriber, Subscriber.State.BOUNCED, _HARD)
    elif kind is _Kind.SOFT and _has_too_many_soft_bounces(events):
        unsubscribing.record_bounce_or_complaint(subscriber, Subscriber.State.BOUNCED, _SOFT)
    elif kind is _Kind.DELIVERED and _was_ended_by_soft_bounces(subscriber) and _was_delivered_since(events):
        unsubscribing.reinstate(subscriber, _DELIVERED)  # a late report, or an email that arrived after all


def _relevant_events(subscriber: Subscriber) -> "QuerySet[MailEvent]":
    """The events about emails to the current address since it was last known to work.

    Confirmation requests for a new address are left out: they are sent to that address.
    """
    events = MailEvent.objects.filter(subscriber=subscriber, delivery__isnull=False)
    events = events.exclude(delivery__notice_kind=Notice.Kind.NEW_ADDRESS)
    starts = ConsentEvent.objects.filter(subscriber=subscriber, kind__in=_FRESH_STARTS).exclude(way=_DELIVERED.name)
    since = starts.aggregate(since=Max("at"))["since"]
    return events.filter(delivery__changed_at__gte=since) if since else events


def _has_too_many_soft_bounces(events: "QuerySet[MailEvent]") -> bool:
    """Whether enough mailings had a soft bounce, over long enough, since the last one that was delivered."""
    soft = events.filter(kind=_Kind.SOFT, delivery__mailing__isnull=False)
    delivered = events.filter(kind=_Kind.DELIVERED).aggregate(last=Max("at"))["last"]
    if delivered:
        soft = soft.filter(at__gt=delivered)
    found = list(soft.values_list("delivery__mailing_id", "at"))
    if len({mailing for mailing, _at in found}) < SOFT_MAILINGS:
        return False
    times = [at for _mailing, at in found]
    return max(times) - min(times) >= SOFT_SPAN


def _was_delivered_since(events: "QuerySet[MailEvent]") -> bool:
    return not events.filter(kind=_Kind.HARD).exists() and not _has_too_many_soft_bounces(events)


def _was_ended_by_soft_bounces(subscriber: Subscriber) -> bool:
    ends = ConsentEvent.objects.filter(subscriber=subscriber, kind=ConsentEvent.Kind.BOUNCED)
    last = ends.order_by("-at", "-pk").first()
    return subscriber.state == Subscriber.State.BOUNCED and last is not None and last.way == _SOFT.name
