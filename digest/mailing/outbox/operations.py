"""Operations on a mailing: pause, resume, cancel, send again; and the counts by state."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from digest.mailing.models import Delivery, MailEvent, Mailing
from digest.mailing.outbox import sql

_State = Delivery.State
_Reason = Delivery.Reason


def counts_by_state(mailing: Mailing) -> dict[str, int]:
    """The number of deliveries in each state, including zeros; the sum is always the audience."""
    counts = dict(Delivery.objects.filter(mailing=mailing).values_list("state").annotate(count=Count("pk")).order_by())
    return {state: counts.get(state, 0) for state in _State.values}


def pause(mailing: Mailing) -> bool:
    """Stop sending it; returns whether that changed anything."""
    return _change_state(mailing, {Mailing.State.SENDING}, Mailing.State.PAUSED)


def resume(mailing: Mailing) -> bool:
    """Continue sending. The time of the pause does not count towards the expiry."""
    with transaction.atomic():
        changed = _change_state(mailing, {Mailing.State.PAUSED}, Mailing.State.SENDING)
        if changed:
            _extend_expiry(mailing)
    return changed


def cancel(mailing: Mailing) -> bool:
    """End it for good: nothing is sent after the messages in flight."""
    with transaction.atomic():
        changed = _change_state(mailing, {Mailing.State.SENDING, Mailing.State.PAUSED}, Mailing.State.CANCELLED)
        if changed:
            Delivery.objects.filter(
                mailing=mailing, state__in=[_State.PENDING, _State.DEFERRED, _State.CLAIMED]
            ).update(
                state=_State.SUPPRESSED,
                owner="",
                lease_until=None,
                reason=_Reason.CANCELLED,
                changed_at=sql.clock(),
            )
    return changed


def retry_failed(mailing: Mailing) -> int:
    """Queue failed and expired deliveries again; returns how many."""
    return _requeue(mailing, Delivery.objects.filter(state__in=[_State.FAILED, _State.EXPIRED]))


def resend_uncertain(mailing: Mailing, ids: Iterable[int] | None = None, *, seen_at: dt.datetime | None = None) -> int:
    """Queue uncertain deliveries again (all, or those with these ids); returns how many.

    Some recipients may get a second copy, with the same Message-ID. Deliveries that became uncertain after `seen_at`
    are left: the operator has not seen them, and a button pressed twice must not send a third copy.
    """
    uncertain = Delivery.objects.filter(state=_State.UNCERTAIN)
    if seen_at is not None:
        uncertain = uncertain.filter(changed_at__lte=seen_at)
    return _requeue(mailing, uncertain if ids is None else uncertain.filter(pk__in=list(ids)))


def resolve_uncertain(delivery_id: int) -> bool:
    """Resolve an uncertain delivery by its events: failed if it bounced, sent if it was delivered.

    A bounce outweighs a delivery report, whichever came first. `changed_at` remains the time of sending.
    """
    with transaction.atomic():
        # Lock the row first: the sender may be recording its result at this moment.
        rows = Delivery.objects.filter(pk=delivery_id)
        now = rows.select_for_update(no_key=True).values_list("state", "reason").first()
        if now is None or (now[0] != _State.UNCERTAIN and now != (_State.SENT, _Reason.ARRIVED)):
            return False
        events = set(MailEvent.objects.filter(delivery=delivery_id).values_list("kind", flat=True))
        if events & {MailEvent.Kind.HARD, MailEvent.Kind.SOFT, MailEvent.Kind.POLICY}:
            rows = rows.filter(Q(state=_State.UNCERTAIN) | Q(state=_State.SENT, reason=_Reason.ARRIVED))
            return rows.update(state=_State.FAILED, reason=_Reason.CAME_BACK) == 1
        rows = rows.filter(state=_State.UNCERTAIN)
        return bool(events) and rows.update(state=_State.SENT, reason=_Reason.ARRIVED) == 1


def _requeue(mailing: Mailing, rows: "QuerySet[Delivery]") -> int:
    with transaction.atomic():
        # Locks the mailing's row, so that it is not cancelled at the same time.
        locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if locked.state == Mailing.State.CANCELLED:
            return 0
        now = sql.clock()
        count: int = rows.filter(mailing=mailing).update(state=_State.PENDING, attempts=0, due_at=now, changed_at=now)
        if count:
            _extend_expiry(mailing)
            _change_state(mailing, {Mailing.State.FINISHED}, Mailing.State.SENDING)
    return count


def _extend_expiry(mailing: Mailing) -> None:
    expires_at = sql.clock() + dt.timedelta(hours=settings.MAIL_LIFE_HOURS)
    Mailing.objects.filter(pk=mailing.pk).update(expires_at=expires_at)


def _change_state(mailing: Mailing, from_states: set[str], state: str) -> bool:
    """Change the mailing's state if it is in one of these."""
    changed = Mailing.objects.filter(pk=mailing.pk, state__in=from_states).update(state=state)
    mailing.refresh_from_db(fields=["state", "expires_at"])
    return changed == 1
