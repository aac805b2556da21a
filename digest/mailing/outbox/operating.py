"""What operators do with a mailing at any moment: pause, resume, cancel, try again; and the accounts."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from digest.mailing.models import Delivery, MailEvent, Mailing
from digest.mailing.outbox import sql

_State = Delivery.State
_Reason = Delivery.Reason


def accounts(mailing: Mailing) -> dict[str, int]:
    """How many deliveries are in each state, all states named; together they are always the audience."""
    counted = dict(
        Delivery.objects.filter(mailing=mailing).values_list("state").annotate(count=Count("pk")).order_by()
    )
    return {state: counted.get(state, 0) for state in _State.values}


def pause(mailing: Mailing) -> bool:
    """Begin no further mail of it; returns whether that changed anything."""
    return _move(mailing, {Mailing.State.SENDING}, Mailing.State.PAUSED)


def resume(mailing: Mailing) -> bool:
    """Go on with the same rows. Time that passed in the pause does not count against their life."""
    with transaction.atomic():
        moved = _move(mailing, {Mailing.State.PAUSED}, Mailing.State.SENDING)
        if moved:
            _prolong(mailing)
    return moved


def cancel(mailing: Mailing) -> bool:
    """End it for good: whoever has no mail yet gets none; at most the one that each connection is sending goes."""
    with transaction.atomic():
        moved = _move(mailing, {Mailing.State.SENDING, Mailing.State.PAUSED}, Mailing.State.CANCELLED)
        if moved:
            Delivery.objects.filter(
                mailing=mailing, state__in=[_State.PENDING, _State.DEFERRED, _State.CLAIMED]
            ).update(
                state=_State.SUPPRESSED,
                owner="",
                lease_until=None,
                reason=_Reason.CANCELLED,
                changed_at=sql.clock(),
            )
    return moved


def retry_failed(mailing: Mailing) -> int:
    """Try again what failed or was given up; returns how many."""
    return _again(mailing, Delivery.objects.filter(state__in=[_State.FAILED, _State.EXPIRED]))


def resend_uncertain(mailing: Mailing, ids: Iterable[int] | None = None, *, seen_at: dt.datetime | None = None) -> int:
    """Send again to those whose fate is uncertain (all, or these); returns how many.

    Some may get a second copy, with the same Message-ID. What became uncertain after `seen_at` is left: whoever
    asks has not seen it, and a button pressed twice does not send a third copy.
    """
    uncertain = Delivery.objects.filter(state=_State.UNCERTAIN)
    if seen_at is not None:
        uncertain = uncertain.filter(changed_at__lte=seen_at)
    return _again(mailing, uncertain if ids is None else uncertain.filter(pk__in=list(ids)))


def settle(delivery_id: int) -> bool:
    """What has been told of an uncertain mail settles it: failed if it came back, sent if it arrived.

    A bounce outweighs a delivery, whichever was told first. `changed_at` stays the time that it was sent.
    """
    with transaction.atomic():
        # The row first: what its sender is writing down at this moment, and what is being told, wait for each other.
        rows = Delivery.objects.filter(pk=delivery_id)
        now = rows.select_for_update(no_key=True).values_list("state", "reason").first()
        if now is None or (now[0] != _State.UNCERTAIN and now != (_State.SENT, _Reason.ARRIVED)):
            return False
        told = set(MailEvent.objects.filter(delivery=delivery_id).values_list("kind", flat=True))
        if told & {MailEvent.Kind.HARD, MailEvent.Kind.SOFT, MailEvent.Kind.POLICY}:
            rows = rows.filter(Q(state=_State.UNCERTAIN) | Q(state=_State.SENT, reason=_Reason.ARRIVED))
            return rows.update(state=_State.FAILED, reason=_Reason.CAME_BACK) == 1
        rows = rows.filter(state=_State.UNCERTAIN)
        return bool(told) and rows.update(state=_State.SENT, reason=_Reason.ARRIVED) == 1


def _again(mailing: Mailing, rows: "QuerySet[Delivery]") -> int:
    with transaction.atomic():
        # The mailing's row is the lock: nobody cancels it at the same time.
        locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if locked.state == Mailing.State.CANCELLED:
            return 0
        now = sql.clock()
        count: int = rows.filter(mailing=mailing).update(state=_State.PENDING, attempts=0, due_at=now, changed_at=now)
        if count:
            _prolong(mailing)
            _move(mailing, {Mailing.State.FINISHED}, Mailing.State.SENDING)
    return count


def _prolong(mailing: Mailing) -> None:
    expires_at = sql.clock() + dt.timedelta(hours=settings.MAIL_LIFE_HOURS)
    Mailing.objects.filter(pk=mailing.pk).update(expires_at=expires_at)


def _move(mailing: Mailing, origins: set[str], state: str) -> bool:
    """Change the mailing's state if it is in one of these."""
    moved = Mailing.objects.filter(pk=mailing.pk, state__in=origins).update(state=state)
    mailing.refresh_from_db(fields=["state", "expires_at"])
    return moved == 1
