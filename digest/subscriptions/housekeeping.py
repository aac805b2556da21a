"""What has to be done now and then: reminding once, forgetting who never confirmed, and old counts and tokens."""

import datetime as dt

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from digest.subscriptions import form_tokens, joining, leaving, limits
from digest.subscriptions.consent import Way, lock
from digest.subscriptions.models import Subscriber

WAY = Way("housekeeping")


def tidy(now: dt.datetime | None = None) -> dict[str, int]:
    """Do all of it; returns how many of each. It can be stopped and begun again at any moment."""
    now = now or timezone.now()
    return {
        "forgotten": sum(_forget(row) for row in _never_confirmed(now)),
        "reminded": sum(joining.remind(row, now) for row in _to_remind(now)),
        "counts": limits.forget_old(now),
        "tokens": form_tokens.forget_old(now),
    }


def _waiting() -> Q:
    return Q(state=Subscriber.State.PENDING)


def _never_confirmed(now: dt.datetime) -> list[Subscriber]:
    """Seven days after they asked last; a reminder asks nothing for them."""
    after_reminder = joining.KEPT_UNCONFIRMED - joining.REMINDED_AFTER
    old = Q(asked_at__lte=now - joining.KEPT_UNCONFIRMED) | Q(
        asked_at=F("reminded_at"), asked_at__lte=now - after_reminder
    )
    return list(Subscriber.objects.filter(_waiting() & old))


def _to_remind(now: dt.datetime) -> list[Subscriber]:
    due = Q(reminded_at__isnull=True, asked_at__lte=now - joining.REMINDED_AFTER)
    return list(Subscriber.objects.filter(_waiting() & due))


@transaction.atomic
def _forget(subscriber: Subscriber) -> bool:
    """Address and choices go. The row stays, empty: what was written down about it may not be deleted."""
    row = lock(subscriber)
    if row.state != Subscriber.State.PENDING or row.asked_at != subscriber.asked_at:
        return False
    leaving.empty(row, WAY)
    return True
