"""The sender's side of the outbox: claim, fence, record, and tidy up after those who died."""

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
from digest.mailing.outbox import post, sql
from digest.mailing.outbox.operating import settle
from digest.mailing.outcomes import Fate, Outcome
from digest.subscriptions.mail_terms import terms, terms_sql
from digest.subscriptions.models import Notice, Subscriber

logger = logging.getLogger(__name__)
BEHIND = 0.001  # seconds: due again now, and after those that have waited longer
LONGEST_RETRY = 4200  # seconds; up to a tenth more or less
_State = Subscriber.State
# Whom a notice is still for; all other mails are for the active.
_FOR: dict[str, set[str]] = {
    Notice.Kind.CONFIRM: {_State.PENDING, _State.UNSUBSCRIBED},  # or somebody coming back
    Notice.Kind.REMINDER: {_State.PENDING},
    Notice.Kind.PREFERENCES: {_State.ACTIVE, _State.UNSUBSCRIBED},
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this sender holds for the time of its lease."""

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
        """What must not have changed until the mail is begun."""
        return terms(self.secret, self.paused_until)


def claim(owner: str, limit: int) -> list[Claimed]:
    """Take up to `limit` mails that are due: notices first, then mailings in the order they were started.

    Who has left or pauses since the audience was frozen is crossed off here, in the same transaction.
    """
    if not has_work():  # nothing is written while nothing is to be done
        return []
    with transaction.atomic():
        mark = post.take_turn()
        if mark is None:
            return []
        ids = _due(None, limit, sql.passing_over_locked())
        for mailing in _sending():
            if len(ids) >= limit:
                break
            ids += _due(mailing, limit - len(ids), sql.passing_over_locked())
        claimed = _hold(owner, ids)
    try:
        post.remember_turn(mark)
    except OSError:  # no room on the disk: what cannot be remembered is not sent
        release(owner, [mail.id for mail in claimed])
        raise
    return claimed


def _sending() -> list[int]:
    """The mailings on their way, in the order they were started."""
    return list(Mailing.objects.filter(state=Mailing.State.SENDING).order_by("pk").values_list("pk", flat=True))


def _due(mailing: int | None, limit: int, how: str = "") -> list[int]:
    whose = "mailing_id IS NULL" if mailing is None else "mailing_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM mailing_delivery WHERE {whose} AND state IN ('pending', 'deferred')"
            f" AND due_at <= {sql.now()} ORDER BY due_at, id LIMIT %s {how}",
            [limit] if mailing is None else [mailing, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _hold(owner: str, ids: list[int]) -> list[Claimed]:
    # Bare values: making two model instances for each mail would cost as much as sending it.
    rows = {row[0]: row for row in Delivery.objects.filter(pk__in=ids).values_list(*_COLUMNS)}
    claimed: list[Claimed] = []
    dropped: list[Claimed] = []
    now = sql.clock()
    today = timezone.localdate(now)
    for row in (rows[pk] for pk in ids):
        mail = Claimed(*row[:9])
        notice_id, new_address, state = row[9:]
        if mail.notice_kind == Notice.Kind.NEW_ADDRESS:
            mail = replace(mail, address=new_address if _is_the_last(mail.subscriber_id, notice_id) else "")
        (claimed if _is_wanted(mail, state, today) else dropped).append(mail)
    Delivery.objects.filter(pk__in=[mail.id for mail in dropped]).update(
        state=Delivery.State.SUPPRESSED, reason=Delivery.Reason.LEFT, changed_at=now
    )
    if claimed:
        marks = ", ".join(["%s"] * len(claimed))
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE mailing_delivery SET state = 'claimed', owner = %s, lease_until = {sql.later()},"
                f" changed_at = {sql.now()} WHERE id IN ({marks})",
                [owner, settings.MAIL_LEASE_SECONDS, *[mail.id for mail in claimed]],
            )
    return claimed


# What `Claimed` has, in its order, then what decides about it.
_COLUMNS = (
    *("pk", "mailing_id", "edition_id", "notice_kind", "attempts", "subscriber_id"),
    *("subscriber__address", "subscriber__secret", "subscriber__paused_until"),
    *("notice_id", "subscriber__new_address", "subscriber__state"),
)


def _is_the_last(subscriber_id: int, notice_id: int) -> bool:
    """Whether no later address was asked for: the limits were asked for each address, and this one is gone."""
    later = Notice.objects.filter(subscriber=subscriber_id, kind=Notice.Kind.NEW_ADDRESS, pk__gt=notice_id)
    return not later.exists()


def _is_wanted(mail: Claimed, state: str, today: dt.date) -> bool:
    if not mail.address:
        return False
    if mail.mailing_id is not None and mail.paused_until and mail.paused_until > today:
        return False
    return state in _FOR.get(mail.notice_kind, {_State.ACTIVE})


def record_and_fence(
    owner: str, results: Sequence[tuple[Claimed, Outcome]], wanted: Sequence[Claimed]
) -> tuple[set[int], list[int]]:
    """Write down what came of some mails and fence the next ones: one statement, one commit.

    Returns the ids that may be sent now: those still ours, of a mailing still sending, to somebody who still wants it,
    unless all mail was locked meanwhile; and those results that were not written because the row is no longer ours.
    """
    rows = [_result(claimed, outcome) for claimed, outcome in results]
    rows += [(claimed.id, "claimed", "in-data", claimed.terms, 1, 0, "") for claimed in wanted]
    if not rows:
        return set(), []
    with connection.cursor() as cursor:
        values: dict[str, Any] = {f"v{n}": value for n, value in enumerate(itertools.chain(*rows))}
        cursor.execute(_turn(len(rows), settings.MAIL_LEASE_SECONDS), values | {"owner": owner})
        changed = {row[0] for row in cursor.fetchall()}
    for claimed, outcome in results:
        if outcome.fate is Fate.UNCERTAIN and claimed.id in changed:
            settle(claimed.id)  # a bounce or a provider may have told already
    stale = [claimed.id for claimed, _outcome in results if claimed.id not in changed]
    return {claimed.id for claimed in wanted if claimed.id in changed}, stale


@lru_cache(maxsize=64)
def _turn(count: int, lease: int) -> str:
    """Each row of values: id, state before, state after, reply (of a fence: `Claimed.terms`), change of attempts,
    seconds until it is due again, and the reason.

    With names for them: Django looks for nameless placeholders letter by letter each time, 20 µs here (SQLite).
    """
    goes = "v.column3 = 'in-data'"
    marks = ", ".join("(" + ", ".join(f"%(v{7 * row + n})s" for n in range(7)) + ")" for row in range(count))
    return f"""
        UPDATE mailing_delivery AS d
        SET state = v.column3,
            owner = CASE WHEN {goes} THEN d.owner ELSE '' END,
            lease_until = CASE WHEN {goes} THEN {sql.later(str(lease))} END,
            reply = CASE WHEN {goes} THEN d.reply ELSE v.column4 END,
            reason = CASE WHEN {goes} THEN d.reason ELSE v.column7 END,
            attempts = d.attempts + v.column5,
            due_at = CASE WHEN v.column6 > 0 THEN {sql.later("v.column6")} ELSE d.due_at END,
            changed_at = {sql.now()}
        FROM (VALUES {marks}) AS v
        WHERE d.id = v.column1 AND d.owner = %(owner)s AND d.state = v.column2
          AND (d.state = 'in-data' OR NOT EXISTS (SELECT 1 FROM mailing_post WHERE locked_at IS NOT NULL))
          AND (d.state = 'in-data' OR EXISTS (
               SELECT 1 FROM ({terms_sql()}) AS s WHERE s.id = d.subscriber_id AND s.terms = v.column4
                 AND (d.mailing_id IS NULL OR (s.is_active AND EXISTS (
                      SELECT 1 FROM mailing_mailing WHERE id = d.mailing_id AND state = 'sending')))))
        RETURNING id"""


def _result(claimed: Claimed, outcome: Outcome) -> tuple[int, str, str, str, int, float, str]:
    state, change, seconds = outcome.fate.value, 0, 0.0
    if outcome.fate is Fate.POSTPONED:
        state, change, seconds = "pending", -1, BEHIND
    elif outcome.fate is Fate.DEFERRED:
        seconds = _back_off(claimed.attempts)
    reply = redact_emails(outcome.reply)[:500]
    return claimed.id, "in-data", state, reply, change, seconds, outcome.reason


def _back_off(attempts: int) -> float:
    seconds: float = min(settings.MAIL_RETRY_SECONDS * 2 ** min(attempts, 10), LONGEST_RETRY)
    return round(seconds * random.uniform(0.9, 1.1), 1)  # noqa: S311  so that not all come back at once


def has_notices() -> bool:
    """Whether a mail about a subscription is due: those go ahead of all mailings."""
    return bool(_due(None, 1))


def has_work() -> bool:
    """Whether any mail is due that may leave once the post is open: for those who send once and go."""
    return not post.is_locked() and any(_due(mailing, 1) for mailing in (None, *_sending()))


def take_back(owner: str, ids: Iterable[int]) -> None:
    """Undo fences of which the database could not say whether they came about: those mails have not been begun."""
    Delivery.objects.filter(pk__in=list(ids), owner=owner, state=Delivery.State.IN_DATA).update(
        state=Delivery.State.CLAIMED, attempts=F("attempts") - 1
    )


def release(owner: str, ids: Iterable[int]) -> None:
    """Give back what was claimed and not begun; what became unwanted meanwhile is found at the next claim."""
    Delivery.objects.filter(pk__in=list(ids), owner=owner, state=Delivery.State.CLAIMED).update(
        state=Delivery.State.PENDING, owner="", lease_until=None
    )


def release_strays(owner: str, held: Iterable[int]) -> None:
    """Give back what a sender claimed without hearing of it, since the connection broke; all but what it knows."""
    if not post.is_locked():
        strays = Delivery.objects.filter(owner=owner, state=Delivery.State.CLAIMED).exclude(pk__in=list(held))
        release(owner, strays.values_list("pk", flat=True))


def keep_house() -> None:
    """Free what dead senders held, give up what is too old, take in new notices, close finished mailings.

    While mail is locked nothing is given up: an operator has yet to look at it.
    """
    now = sql.now()
    notices, _none = Notice.objects.values("id", "kind", "subscriber_id").query.sql_with_params()
    is_locked = post.is_locked()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM mailing_delivery WHERE state = 'in-data' AND lease_until < {now}", [])
        orphans = [row[0] for row in cursor.fetchall()]
        for statement in _HOUSEKEEPING if is_locked else (_GIVE_UP, *_HOUSEKEEPING):
            cursor.execute(statement.replace("<now>", now).replace("<notices>", notices), [])
            if statement == _GIVE_UP and cursor.rowcount > 0:
                hours = settings.MAIL_LIFE_HOURS
                logger.error("mail: %d mails given up, not accepted within %d hours", cursor.rowcount, hours)
        for orphan in orphans:
            settle(orphan)  # what has been told of it already
    if not is_locked:
        _drop_old_notices()


_FREE = "owner = '', lease_until = NULL, changed_at = <now>"
_GIVE_UP = (
    "UPDATE mailing_delivery SET state = 'expired', changed_at = <now> WHERE state IN ('pending', 'deferred')"
    " AND mailing_id IN (SELECT id FROM mailing_mailing WHERE state = 'sending' AND expires_at < <now>)"
)
_HOUSEKEEPING = (
    f"UPDATE mailing_delivery SET state = 'pending', {_FREE} WHERE state = 'claimed' AND lease_until < <now>",
    # It may have been accepted before its sender died: a person decides.
    f"UPDATE mailing_delivery SET state = 'uncertain', {_FREE}, reason = 'sender-ended'"
    " WHERE state = 'in-data' AND lease_until < <now>",
    # What a sender put back after the mailing had been cancelled.
    "UPDATE mailing_delivery SET state = 'suppressed', reason = 'cancelled', changed_at = <now>"
    " WHERE state IN ('pending', 'deferred')"
    " AND mailing_id IN (SELECT id FROM mailing_mailing WHERE state = 'cancelled')",
    "INSERT INTO mailing_delivery (notice_id, notice_kind, subscriber_id, state, reason, reply, owner, attempts,"
    " due_at, changed_at) SELECT n.id, n.kind, n.subscriber_id, 'pending', '', '', '', 0, <now>, <now>"
    " FROM (<notices>) n WHERE NOT EXISTS (SELECT 1 FROM mailing_delivery d WHERE d.notice_id = n.id)"
    " ON CONFLICT DO NOTHING",
    "UPDATE mailing_mailing SET state = 'finished', finished_at = <now> WHERE state = 'sending'"
    # Asked apart, so that each has its own partial index.
    " AND NOT EXISTS (SELECT 1 FROM mailing_delivery d WHERE d.mailing_id = mailing_mailing.id"
    " AND d.state IN ('pending', 'deferred')) AND NOT EXISTS (SELECT 1 FROM mailing_delivery d"
    " WHERE d.mailing_id = mailing_mailing.id AND d.state IN ('claimed', 'in-data'))",
)


def _drop_old_notices() -> None:
    """A notice whose mail is settled has done its work; one too old to be sent is given up."""
    now = sql.clock()
    since = now - dt.timedelta(hours=settings.MAIL_LIFE_HOURS)
    old = Delivery.objects.filter(notice__created_at__lt=since)
    old.filter(state__in=["pending", "deferred"]).update(state=Delivery.State.EXPIRED, changed_at=now)
    Notice.objects.filter(created_at__lt=since).exclude(delivery__state__in=Delivery.OPEN).delete()
