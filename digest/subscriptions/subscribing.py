"""Subscribing, confirming and requesting the preferences link. Each function is one transaction.

A request runs the same statements whatever is known about its address. What must not be kept is written too and then
rolled back, so that neither the response nor its duration reveals anything (tests A4).
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
LINK_RENEWED_AFTER = dt.timedelta(days=1)  # links requested within a day stay the same
# The email sent on a request, by the subscriber's state; in other states none is sent.
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
    """Send a confirmation email to the address, unless it is suppressed or a limit is reached.

    `is_human` is false for a form sent by a program; then only the count of requests is kept.
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
    """Email the preferences link, if the address is known and not suppressed."""
    now = limits.lock_counters(now)
    is_allowed = limits.may_send(address, source.network, now) and is_human and address.is_accepted
    savepoint = transaction.savepoint()
    # An unknown address gets a temporary row, which is rolled back.
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
    """Ask an unsubscribed reader to confirm by email, because emails with their links get forwarded.

    Returns False if they are not unsubscribed, or a limit is reached.
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
    # There is no consent text beside this button, so no language: the text is on the confirmation page.
    record_event(row, Kind.REQUESTED, replace(source, language=""), now)
    _queue_notice(row, Notice.Kind.CONFIRM, now)
    return True


def may_confirm(subscriber: Subscriber, now: dt.datetime | None = None) -> bool:
    """Whether a confirmation is pending and its link has not expired."""
    waits = subscriber.state == State.PENDING or (
        subscriber.state == State.UNSUBSCRIBED
        and subscriber.ended_at is not None
        and subscriber.asked_at > subscriber.ended_at
    )
    return waits and tokens.is_fresh(subscriber, now)


@transaction.atomic
def confirm(subscriber: Subscriber, source: ConsentSource, *, now: dt.datetime | None = None) -> bool:
    """Make the subscriber active. Returns False, without changes, if no confirmation is pending."""
    now = now or timezone.now()
    row = lock_subscriber(subscriber)
    if not may_confirm(row, now) or is_blocked(EmailAddress.stored(row.address)):
        return False
    if row.state == State.UNSUBSCRIBED:
        row.paused_until = None  # a pause does not outlive its subscription
    row.state, row.confirmed_at, row.ended_at = State.ACTIVE, now, None
    row.save(update_fields=["state", "confirmed_at", "ended_at", "paused_until"])
    clear_suppression(row.address_key or "")
    record_event(row, Kind.CONFIRMED, source, now, detail=preferences_of(row).as_fields())
    return True


@transaction.atomic
def remind(subscriber: Subscriber, now: dt.datetime) -> bool:
    """Remind an unconfirmed address, at most once, with a new link."""
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
    """Add a subscriber for an operator; they are asked to confirm. None if the address is known or suppressed.

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
    """Ask an imported subscriber to confirm."""
    _queue_notice(row, Notice.Kind.CONFIRM, row.asked_at)


def is_blocked(address: EmailAddress) -> bool:
    """Whether the address's owner has permanently blocked emails from this portal."""
    return _suppressions(address).filter(reason=Suppression.Reason.BLOCKED).exists()


def is_suppressed(address: EmailAddress) -> bool:
    """Whether the address was blocked or erased, so that only its owner may subscribe it again."""
    return _suppressions(address).exists()


def suppressed_among(addresses: Iterable[EmailAddress]) -> set[str]:
    """The keys of the suppressed ones among these addresses."""
    hashes = {digest: address.key for address in addresses for digest in address_hashes(address.key)}
    found = Suppression.objects.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
    return {hashes[digest] for digest in found}


def _suppressions(address: EmailAddress) -> "QuerySet[Suppression]":
    return Suppression.objects.filter(address_hash__in=address_hashes(address.key))


def _get_or_create_locked(made: Subscriber) -> Subscriber:
    """The locked row of this address, inserted if there is none.

    Between the two statements the row may be erased or change its address; then the insert is tried again.
    """
    for _time in range(9):
        Subscriber.objects.bulk_create([made], ignore_conflicts=True)
        row = Subscriber.objects.select_for_update().filter(address_key=made.address_key).first()
        if row:
            return row
    raise OperationalError("The row of this address disappeared repeatedly.")


def _with_preferences(subscriber: Subscriber, preferences: Preferences) -> Subscriber:
    for name, value in preferences.as_fields().items():
        setattr(subscriber, name, value)
    return subscriber


def _update_request(row: Subscriber, preferences: Preferences | None, now: dt.datetime) -> None:
    """Store the latest request. Links requested within a day stay the same, so all emails of a day have one link."""
    has_ended = row.ended_at is not None and row.asked_at <= row.ended_at
    if has_ended or row.asked_at <= now - LINK_RENEWED_AFTER:
        row.asked_at = now
    fields = preferences.as_fields() if preferences else {}
    waiting = Subscriber.objects.filter(pk=row.pk, state__in=[State.PENDING, State.UNSUBSCRIBED])
    waiting.update(asked_at=row.asked_at, **fields)


def _queue_notice(row: Subscriber, kind: str, now: dt.datetime) -> None:
    Notice.objects.create(subscriber=row, kind=kind, created_at=now)


def _finish(savepoint: str, *, keep: bool) -> None:
    """Commit or roll back to the savepoint: one statement either way."""
    if keep:
        transaction.savepoint_commit(savepoint)
    else:
        transaction.savepoint_rollback(savepoint)
