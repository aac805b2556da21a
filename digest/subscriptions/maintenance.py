"""What has to be done now and then: reminding once, forgetting who never confirmed, and old counts and tokens."""

import datetime as dt

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from digest.subscriptions import form_tokens, limits, subscribing, unsubscribing
from digest.subscriptions.consent import ConsentSource, lock_subscriber
from digest.subscriptions.models import Subscriber

SOURCE = ConsentSource("housekeeping")


def run_maintenance(now: dt.datetime | None = None) -> dict[str, int]:
    """Do all of it; returns how many of each. It can be stopped and begun again at any moment."""
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
    """Seven days after they asked last; a reminder asks nothing for them."""
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
    """Address and choices go. The row stays, empty: what was written down about it may not be deleted."""
    row = lock_subscriber(subscriber)
    if row.state != Subscriber.State.PENDING or row.asked_at != subscriber.asked_at:
        return False
    unsubscribing.anonymize(row, SOURCE)
    return True
