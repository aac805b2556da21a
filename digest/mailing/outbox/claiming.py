"""The sender's part of the outbox: claim, fence, record, and clean up after senders that died."""

import datetime as dt
import itertools
import logging
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from digest.common.text import redact_emails
from digest.mailing.models import Delivery, Mailing
from digest.mailing.outbox import sql, state
from digest.mailing.outbox.operations import resolve_uncertain
from digest.mailing.results import DeliveryResult, DeliveryStatus
from digest.subscriptions.mail_terms import terms, terms_sql
from digest.subscriptions.models import Notice, Subscriber

logger = logging.getLogger(__name__)
REQUEUE_SECONDS = 0.001  # due again at once, but behind those that have waited longer
MAX_RETRY_SECONDS = 4200  # seconds; up to a tenth more or less
_State = Subscriber.State
# The states in which a subscriber still gets a notice of this kind; all other emails go to active subscribers.
_RECIPIENT_STATES: dict[str, set[str]] = {
    Notice.Kind.CONFIRM: {_State.PENDING, _State.UNSUBSCRIBED},  # the latter when subscribing again
    Notice.Kind.REMINDER: {_State.PENDING},
    Notice.Kind.PREFERENCES: {_State.ACTIVE, _State.UNSUBSCRIBED},
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this sender has claimed for the time of its lease."""

    id: int
    mailing_id: int | None
    edition_id: int | None
    notice_kind: str
    attempts: int  # before this one
    subscriber_id: int
    address: str
    secret: str  # the subscriber's, for tokens
    paused_until: dt.date | None = None

    @property
    def terms(self) -> str:
        """What must not have changed until the message is sent; the fence compares it."""
        return terms(self.secret, self.paused_until)


def claim(owner: str, limit: int) -> list[Claimed]:
    """Claim up to `limit` due deliveries: notices first, then mailings in the order they were started.

    Deliveries to subscribers who unsubscribed or paused since the audience was frozen are suppressed here, in the same
    transaction.
    """
    if not has_work():  # write nothing while there is nothing to do
        return []
    with transaction.atomic():
        sequence = state.advance_sequence()
        if sequence is None:
            return []
        ids = _due(None, limit, sql.skip_locked())
        for mailing in _sending():
            if len(ids) >= limit:
                break
            ids += _due(mailing, limit - len(ids), sql.skip_locked())
        claimed = _hold(owner, ids)
    try:
        state.save_sequence(sequence)
    except OSError:  # disk full: what cannot be recorded is not sent
        release(owner, [delivery.id for delivery in claimed])
        raise
    return claimed


def _sending() -> list[int]:
    """The mailings being sent, in the order they were started."""
    return list(Mailing.objects.filter(state=Mailing.State.SENDING).order_by("pk").values_list("pk", flat=True))


def _due(mailing: int | None, limit: int, lock: str = "") -> list[int]:
    mailing_condition = "mailing_id IS NULL" if mailing is None else "mailing_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM mailing_delivery WHERE {mailing_condition} AND state IN ('pending', 'deferred')"
            f" AND due_at <= {sql.now()} ORDER BY due_at, id LIMIT %s {lock}",
            [limit] if mailing is None else [mailing, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _hold(owner: str, ids: list[int]) -> list[Claimed]:
    # Values instead of model instances: two instances for each email would cost as much as sending it.
    rows = {row[0]: row for row in Delivery.objects.filter(pk__in=ids).values_list(*_COLUMNS)}
    claimed: list[Claimed] = []
    dropped: list[Claimed] = []
    now = sql.clock()
    today = timezone.localdate(now)
    for row in (rows[pk] for pk in ids):
        delivery = Claimed(*row[:9])
        notice_id, new_address, state = row[9:]
        if delivery.notice_kind == Notice.Kind.NEW_ADDRESS:
            delivery = replace(delivery, address=new_address if _is_latest(delivery.subscriber_id, notice_id) else "")
        (claimed if _is_wanted(delivery, state, today) else dropped).append(delivery)
    Delivery.objects.filter(pk__in=[delivery.id for delivery in dropped]).update(
        state=Delivery.State.SUPPRESSED, reason=Delivery.Reason.LEFT, changed_at=now
    )
    if claimed:
        placeholders = ", ".join(["%s"] * len(claimed))
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE mailing_delivery SET state = 'claimed', owner = %s, lease_until = {sql.later()},"
                f" changed_at = {sql.now()} WHERE id IN ({placeholders})",
                [owner, settings.MAIL_LEASE_SECONDS, *[delivery.id for delivery in claimed]],
            )
    return claimed


# The fields of `Claimed` in order, then what `_is_wanted` needs.
_COLUMNS = (
    *("pk", "mailing_id", "edition_id", "notice_kind", "attempts", "subscriber_id"),
    *("subscriber__address", "subscriber__secret", "subscriber__paused_until"),
    *("notice_id", "subscriber__new_address", "subscriber__state"),
)


def _is_latest(subscriber_id: int, notice_id: int) -> bool:
    """Whether no other new address was requested later: only the latest one is on the subscriber's row."""
    later = Notice.objects.filter(subscriber=subscriber_id, kind=Notice.Kind.NEW_ADDRESS, pk__gt=notice_id)
    return not later.exists()


def _is_wanted(delivery: Claimed, state: str, today: dt.date) -> bool:
    if not delivery.address:
        return False
    if delivery.mailing_id is not None and delivery.paused_until and delivery.paused_until > today:
        return False
    return state in _RECIPIENT_STATES.get(delivery.notice_kind, {_State.ACTIVE})


def record_and_fence(
    owner: str, results: Sequence[tuple[Claimed, DeliveryResult]], wanted: Sequence[Claimed]
) -> tuple[set[int], list[int]]:
    """Record the results of some deliveries and fence the next ones, in one statement and one commit.

    Returns the ids that may be sent now (still ours, the mailing still sending, the subscriber still wanting it, and
    sending not locked), and the ids whose result was not recorded because the row is no longer ours.
    """
    rows = [_result_row(claimed, result) for claimed, result in results]
    rows += [(claimed.id, "claimed", "in-data", claimed.terms, 1, 0, "") for claimed in wanted]
    if not rows:
        return set(), []
    with connection.cursor() as cursor:
        values: dict[str, Any] = {f"v{n}": value for n, value in enumerate(itertools.chain(*rows))}
        cursor.execute(_record_statement(len(rows), settings.MAIL_LEASE_SECONDS), values | {"owner": owner})
        changed = {row[0] for row in cursor.fetchall()}
    for claimed, result in results:
        if result.status is DeliveryStatus.UNCERTAIN and claimed.id in changed:
            resolve_uncertain(claimed.id)  # a bounce or delivery report may have arrived already
    stale = [claimed.id for claimed, _outcome in results if claimed.id not in changed]
    return {claimed.id for claimed in wanted if claimed.id in changed}, stale


@lru_cache(maxsize=64)
def _record_statement(count: int, lease: int) -> str:
    """The SQL for `count` rows of values: id, state before, state after, reply (of a fence: `Claimed.terms`), change
    of attempts, seconds until it is due again, reason.

    Placeholders have names: for nameless ones Django's SQLite backend scans the SQL each time (20 µs here).
    """
    is_fence = "v.column3 = 'in-data'"
    placeholders = ", ".join("(" + ", ".join(f"%(v{7 * row + n})s" for n in range(7)) + ")" for row in range(count))
    return f"""
        UPDATE mailing_delivery AS d
        SET state = v.column3,
            owner = CASE WHEN {is_fence} THEN d.owner ELSE '' END,
            lease_until = CASE WHEN {is_fence} THEN {sql.later(str(lease))} END,
            reply = CASE WHEN {is_fence} THEN d.reply ELSE v.column4 END,
            reason = CASE WHEN {is_fence} THEN d.reason ELSE v.column7 END,
            attempts = d.attempts + v.column5,
            due_at = CASE WHEN v.column6 > 0 THEN {sql.later("v.column6")} ELSE d.due_at END,
            changed_at = {sql.now()}
        FROM (VALUES {placeholders}) AS v
        WHERE d.id = v.column1 AND d.owner = %(owner)s AND d.state = v.column2
          AND (d.state = 'in-data' OR NOT EXISTS (SELECT 1 FROM mailing_outboxstate WHERE locked_at IS NOT NULL))
          AND (d.state = 'in-data' OR EXISTS (
               SELECT 1 FROM ({terms_sql()}) AS s WHERE s.id = d.subscriber_id AND s.terms = v.column4
                 AND (d.mailing_id IS NULL OR (s.is_active AND EXISTS (
                      SELECT 1 FROM mailing_mailing WHERE id = d.mailing_id AND state = 'sending')))))
        RETURNING id"""


def _result_row(claimed: Claimed, result: DeliveryResult) -> tuple[int, str, str, str, int, float, str]:
    state, change, seconds = result.status.value, 0, 0.0
    if result.status is DeliveryStatus.POSTPONED:
        state, change, seconds = "pending", -1, REQUEUE_SECONDS
    elif result.status is DeliveryStatus.DEFERRED:
        seconds = _back_off(claimed.attempts)
    reply = redact_emails(result.reply)[:500]
    return claimed.id, "in-data", state, reply, change, seconds, result.reason


def _back_off(attempts: int) -> float:
    seconds: float = min(settings.MAIL_RETRY_SECONDS * 2 ** min(attempts, 10), MAX_RETRY_SECONDS)
    return round(seconds * random.uniform(0.9, 1.1), 1)  # noqa: S311  spreads the retries


def has_notices() -> bool:
    """Whether a notice is due: notices go ahead of all mailings."""
    return bool(_due(None, 1))


def has_work() -> bool:
    """Whether any delivery is due, and sending is not locked; a pause does not count."""
    return not state.is_locked() and any(_due(mailing, 1) for mailing in (None, *_sending()))


def undo_fences(owner: str, ids: Iterable[int]) -> None:
    """Undo fences whose commit was lost: the database may have them, but the messages were not sent."""
    Delivery.objects.filter(pk__in=list(ids), owner=owner, state=Delivery.State.IN_DATA).update(
        state=Delivery.State.CLAIMED, attempts=F("attempts") - 1
    )


def release(owner: str, ids: Iterable[int]) -> None:
    """Release claims that were not begun."""
    Delivery.objects.filter(pk__in=list(ids), owner=owner, state=Delivery.State.CLAIMED).update(
        state=Delivery.State.PENDING, owner="", lease_until=None
    )


def release_orphaned_claims(owner: str, held: Iterable[int]) -> None:
    """Release this sender's claims whose commit was lost: all but those it knows of (`held`)."""
    if not state.is_locked():
        orphaned = Delivery.objects.filter(owner=owner, state=Delivery.State.CLAIMED).exclude(pk__in=list(held))
        release(owner, orphaned.values_list("pk", flat=True))


def run_maintenance() -> None:
    """Release claims of dead senders, expire old deliveries, queue new notices, finish mailings.

    While sending is locked nothing expires: an operator has to check first.
    """
    now = sql.now()
    notices, _none = Notice.objects.values("id", "kind", "subscriber_id").query.sql_with_params()
    is_locked = state.is_locked()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM mailing_delivery WHERE state = 'in-data' AND lease_until < {now}", [])
        orphans = [row[0] for row in cursor.fetchall()]
        for statement in _MAINTENANCE if is_locked else (_EXPIRE, *_MAINTENANCE):
            cursor.execute(statement.replace("<now>", now).replace("<notices>", notices), [])
            if statement == _EXPIRE and cursor.rowcount > 0:
                hours = settings.MAIL_LIFE_HOURS
                logger.error("mail: %d deliveries expired, not accepted within %d hours", cursor.rowcount, hours)
        for orphan in orphans:
            resolve_uncertain(orphan)  # if a report has arrived already
    if not is_locked:
        _drop_old_notices()


_RELEASED = "owner = '', lease_until = NULL, changed_at = <now>"
_EXPIRE = (
    "UPDATE mailing_delivery SET state = 'expired', changed_at = <now> WHERE state IN ('pending', 'deferred')"
    " AND mailing_id IN (SELECT id FROM mailing_mailing WHERE state = 'sending' AND expires_at < <now>)"
)
_MAINTENANCE = (
    f"UPDATE mailing_delivery SET state = 'pending', {_RELEASED} WHERE state = 'claimed' AND lease_until < <now>",
    # It may have been accepted before its sender died: an operator decides.
    f"UPDATE mailing_delivery SET state = 'uncertain', {_RELEASED}, reason = 'sender-ended'"
    " WHERE state = 'in-data' AND lease_until < <now>",
    # Released by a sender after the mailing had been cancelled.
    "UPDATE mailing_delivery SET state = 'suppressed', reason = 'cancelled', changed_at = <now>"
    " WHERE state IN ('pending', 'deferred')"
    " AND mailing_id IN (SELECT id FROM mailing_mailing WHERE state = 'cancelled')",
    "INSERT INTO mailing_delivery (notice_id, notice_kind, subscriber_id, state, reason, reply, owner, attempts,"
    " due_at, changed_at) SELECT n.id, n.kind, n.subscriber_id, 'pending', '', '', '', 0, <now>, <now>"
    " FROM (<notices>) n WHERE NOT EXISTS (SELECT 1 FROM mailing_delivery d WHERE d.notice_id = n.id)"
    " ON CONFLICT DO NOTHING",
    "UPDATE mailing_mailing SET state = 'finished', finished_at = <now> WHERE state = 'sending'"
    # Two conditions, so that each can use its partial index.
    " AND NOT EXISTS (SELECT 1 FROM mailing_delivery d WHERE d.mailing_id = mailing_mailing.id"
    " AND d.state IN ('pending', 'deferred')) AND NOT EXISTS (SELECT 1 FROM mailing_delivery d"
    " WHERE d.mailing_id = mailing_mailing.id AND d.state IN ('claimed', 'in-data'))",
)


def _drop_old_notices() -> None:
    """Delete notices whose email is finished, and those too old to be sent."""
    now = sql.clock()
    since = now - dt.timedelta(hours=settings.MAIL_LIFE_HOURS)
    old = Delivery.objects.filter(notice__created_at__lt=since)
    old.filter(state__in=["pending", "deferred"]).update(state=Delivery.State.EXPIRED, changed_at=now)
    Notice.objects.filter(created_at__lt=since).exclude(delivery__state__in=Delivery.OPEN).delete()
