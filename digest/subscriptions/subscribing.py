"""Verbs of coming: asking for mail, confirming, having the link mailed. Each is one transaction.

A request is the same statements whatever is known of its address. What must not last is written all the same, and
rolled back: so the answer, its time included, tells nothing (tests A4).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from digest.subscriptions import limits, tokens
from digest.subscriptions.addresses import EmailAddress, address_hashes
from digest.subscriptions.consent import ConsentSource, lock_subscriber, record_event
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber, Suppression
from digest.subscriptions.preferences import Preferences, preferences_of
from digest.subscriptions.unsubscribing import clear_suppression

State, Kind = Subscriber.State, ConsentEvent.Kind
REMINDED_AFTER = dt.timedelta(days=2)
UNCONFIRMED_KEPT_FOR = dt.timedelta(days=7)
LINK_RENEWED_AFTER = dt.timedelta(days=1)  # a link asked for within a day stays the same
# What somebody who asks for mail gets, by the state of the address; others get nothing.
_NOTICE_FOR_SUBSCRIBE = {
    State.PENDING: Notice.Kind.CONFIRM,
    State.UNSUBSCRIBED: Notice.Kind.CONFIRM,
    State.ACTIVE: Notice.Kind.KNOWN,
}
_NOTICE_FOR_LINK = {
    State.PENDING: Notice.Kind.CONFIRM,
    State.ACTIVE: Notice.Kind.PREFERENCES,
    State.UNSUBSCRIBED: Notice.Kind.PREFERENCES,
}


@transaction.atomic
def subscribe(
    address: EmailAddress,
    preferences: Preferences,
    source: ConsentSource,
    *,
    is_human: bool = True,
    now: dt.datetime | None = None,
) -> None:
    """Somebody asks for mail to an address: it gets one, unless it must not, or has had enough.

    `is_wanted` is false for what a program sent; then nothing lasts but the count of requests.
    """
    now = limits.lock_counters(now)
    is_allowed = limits.may_send(address, source.network, now) and is_human and address.is_accepted
    savepoint = transaction.savepoint()
    made = Subscriber(address=address.address, address_key=address.key, created_at=now, asked_at=now)
    row = _get_or_create_locked(_with_preferences(made, preferences))
    kind = _NOTICE_FOR_SUBSCRIBE.get(State(row.state)) if not is_blocked(address) else None
    _update_request(row, preferences, now)
    record_event(row, Kind.REQUESTED, source, now)
    _queue_notice(row, kind or Notice.Kind.CONFIRM, now)
    limits.count_mail(address, source.network, now)
    _finish(savepoint, keep=is_allowed and kind is not None)


@transaction.atomic
def email_preferences_link(
    address: EmailAddress,
    source: ConsentSource,
    *,
    is_human: bool = True,
    now: dt.datetime | None = None,
) -> None:
    """Somebody has lost the link to the preferences: mail it, if the address is known and may have mail."""
    now = limits.lock_counters(now)
    is_allowed = limits.may_send(address, source.network, now) and is_human and address.is_accepted
    savepoint = transaction.savepoint()
    # Who is not known gets a row for as long as it takes.
    made = Subscriber(address=address.address, address_key=address.key, state=State.BLOCKED, language="en")
    row = _get_or_create_locked(made)
    kind = _NOTICE_FOR_LINK.get(State(row.state)) if not is_blocked(address) else None
    if_waiting = Subscriber.objects.filter(pk=row.pk, state=State.PENDING, asked_at__lte=now - LINK_RENEWED_AFTER)
    if_waiting.update(asked_at=now)
    _queue_notice(row, kind or Notice.Kind.PREFERENCES, now)
    limits.count_mail(address, source.network, now)
    _finish(savepoint, keep=is_allowed and kind is not None)


@transaction.atomic
def resubscribe(subscriber: Subscriber, source: ConsentSource, *, now: dt.datetime | None = None) -> bool:
    """Somebody who left wants to come back: a mail asks them to confirm, since links of mails are passed on.

    False where there is nothing to come back to, or enough mails were asked for.
    """
    now = limits.lock_counters(now)
    row = lock_subscriber(subscriber)
    if row.state != State.UNSUBSCRIBED:
        return False
    address = EmailAddress.stored(row.address)
    if is_blocked(address) or not limits.may_send(address, source.network, now):
        return False
    limits.count_mail(address, source.network, now)
    _update_request(row, None, now)
    # The button to come back stands beside no text to agree to: that is on the page to confirm on.
    record_event(row, Kind.REQUESTED, replace(source, language=""), now)
    _queue_notice(row, Notice.Kind.CONFIRM, now)
    return True


def may_confirm(subscriber: Subscriber, now: dt.datetime | None = None) -> bool:
    """Whether a confirmation is waited for, and the link is not too old."""
    waits = subscriber.state == State.PENDING or (
        subscriber.state == State.UNSUBSCRIBED
        and subscriber.ended_at is not None
        and subscriber.asked_at > subscriber.ended_at
    )
    return waits and tokens.is_fresh(subscriber, now)


@transaction.atomic
def confirm(subscriber: Subscriber, source: ConsentSource, *, now: dt.datetime | None = None) -> bool:
    """The one way to become active. False where no confirmation is waited for; then nothing changes."""
    now = now or timezone.now()
    row = lock_subscriber(subscriber)
    if not may_confirm(row, now) or is_blocked(EmailAddress.stored(row.address)):
        return False
    if row.state == State.UNSUBSCRIBED:
        row.paused_until = None  # a pause ends with the subscription it was made in
    row.state, row.confirmed_at, row.ended_at = State.ACTIVE, now, None
    row.save(update_fields=["state", "confirmed_at", "ended_at", "paused_until"])
    clear_suppression(row.address_key or "")
    record_event(row, Kind.CONFIRMED, source, now, detail=preferences_of(row).as_fields())
    return True


@transaction.atomic
def remind(subscriber: Subscriber, now: dt.datetime) -> bool:
    """Ask an unconfirmed address once more, at most once, with a link that lives anew."""
    now = limits.lock_counters(now)
    row = lock_subscriber(subscriber)
    address = EmailAddress.stored(row.address)
    if row.state != State.PENDING or row.reminded_at or is_blocked(address):
        return False
    if not limits.may_send(address, "reminder", now):
        return False
    limits.count_mail(address, "reminder", now)
    row.reminded_at = row.asked_at = now
    row.save(update_fields=["reminded_at", "asked_at"])
    _queue_notice(row, Notice.Kind.REMINDER, now)
    return True


def add_pending(
    address: EmailAddress, preferences: Preferences, source: ConsentSource, now: dt.datetime | None = None
) -> Subscriber | None:
    """An operator adds somebody, who is asked to confirm. None where the address is known or must have no mail.

    Call it in a transaction.
    """
    now = limits.lock_counters(now)
    if is_suppressed(address) or Subscriber.objects.filter(address_key=address.key).exists():
        return None
    made = Subscriber(address=address.address, address_key=address.key, created_at=now, asked_at=now)
    _with_preferences(made, preferences).save(force_insert=True)
    record_event(made, Kind.REQUESTED, source, now)
    _queue_notice(made, Notice.Kind.CONFIRM, now)
    return made


def request_confirmation(row: Subscriber) -> None:
    """Ask somebody to confirm who came by an import."""
    _queue_notice(row, Notice.Kind.CONFIRM, row.asked_at)


def is_blocked(address: EmailAddress) -> bool:
    """Whether the address's owner wants no mail from here for good."""
    return _suppressions(address).filter(reason=Suppression.Reason.BLOCKED).exists()


def is_suppressed(address: EmailAddress) -> bool:
    """Whether nobody but its owner may bring this address back: blocked or erased."""
    return _suppressions(address).exists()


def suppressed_among(addresses: Iterable[EmailAddress]) -> set[str]:
    """The keys of those that nobody but their owners may bring back."""
    hashes = {digest: address.key for address in addresses for digest in address_hashes(address.key)}
    found = Suppression.objects.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
    return {hashes[digest] for digest in found}


def _suppressions(address: EmailAddress) -> "QuerySet[Suppression]":
    return Suppression.objects.filter(address_hash__in=address_hashes(address.key))


def _get_or_create_locked(made: Subscriber) -> Subscriber:
    """The row of this address, locked; made now if there is none.

    Between the two statements its owner may have it erased, or move it to another address: then it is made after all.
    """
    for _time in range(9):
        Subscriber.objects.bulk_create([made], ignore_conflicts=True)
        row = Subscriber.objects.select_for_update().filter(address_key=made.address_key).first()
        if row:
            return row
    raise OperationalError("The row of this address was taken away again and again.")


def _with_preferences(subscriber: Subscriber, preferences: Preferences) -> Subscriber:
    for name, value in preferences.as_fields().items():
        setattr(subscriber, name, value)
    return subscriber


def _update_request(row: Subscriber, preferences: Preferences | None, now: dt.datetime) -> None:
    """The latest request counts. A link asked for today stays as it is: all mails of a day hold the same one."""
    has_ended = row.ended_at is not None and row.asked_at <= row.ended_at
    if has_ended or row.asked_at <= now - LINK_RENEWED_AFTER:
        row.asked_at = now
    fields = preferences.as_fields() if preferences else {}
    waiting = Subscriber.objects.filter(pk=row.pk, state__in=[State.PENDING, State.UNSUBSCRIBED])
    waiting.update(asked_at=row.asked_at, **fields)


def _queue_notice(row: Subscriber, kind: str, now: dt.datetime) -> None:
    Notice.objects.create(subscriber=row, kind=kind, created_at=now)


def _finish(savepoint: str, *, keep: bool) -> None:
    """Keep what was written since, or take it back: one statement either way."""
    if keep:
        transaction.savepoint_commit(savepoint)
    else:
        transaction.savepoint_rollback(savepoint)
