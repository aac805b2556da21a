"""Regular maintenance: send reminders, erase unconfirmed subscribers, delete old counts and form tokens."""

import datetime as dt

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from digest.subscriptions import form_tokens, limits, subscribing, unsubscribing
from digest.subscriptions.consent import ConsentSource, lock_subscriber
from digest.subscriptions.models import Subscriber

SOURCE = ConsentSource("housekeeping")


def run_maintenance(now: dt.datetime | None = None) -> dict[str, int]:
    """Run all tasks and return how many rows each changed. Safe to interrupt and repeat."""
    now = now or timezone.now()
    return {
        "forgotten": sum(_anonymize_unconfirmed(row) for row in _never_confirmed(now)),
        "reminded": sum(subscribing.remind(row, now) for row in _to_remind(now)),
        "counts": limits.delete_old(now),
        "tokens": form_tokens.delete_old(now),
    }


def _pending() -> Q:
    return Q(state=Subscriber.State.PENDING)


def _never_confirmed(now: dt.datetime) -> list[Subscriber]:
    """Those who last asked seven days ago. A reminder does not count as asking."""
    after_reminder = subscribing.UNCONFIRMED_KEPT_FOR - subscribing.REMINDED_AFTER
    old = Q(asked_at__lte=now - subscribing.UNCONFIRMED_KEPT_FOR) | Q(
        asked_at=F("reminded_at"), asked_at__lte=now - after_reminder
    )
    return list(Subscriber.objects.filter(_pending() & old))


def _to_remind(now: dt.datetime) -> list[Subscriber]:
    due = Q(reminded_at__isnull=True, asked_at__lte=now - subscribing.REMINDED_AFTER)
    return list(Subscriber.objects.filter(_pending() & due))


@transaction.atomic
def _anonymize_unconfirmed(subscriber: Subscriber) -> bool:
    """Remove the address and preferences. The row stays, because its consent events cannot be deleted."""
    row = lock_subscriber(subscriber)
    if row.state != Subscriber.State.PENDING or row.asked_at != subscriber.asked_at:
        return False
    unsubscribing.anonymize(row, SOURCE)
    return True
