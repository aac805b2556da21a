"""Unsubscribing, blocking, bounces and complaints, erasing, and reinstating. Each function is one transaction."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from digest.subscriptions.addresses import EmailAddress, address_hash, address_hashes
from digest.subscriptions.consent import ConsentSource, lock_subscriber, record_event
from digest.subscriptions.models import ConsentEvent, Subscriber, Suppression, new_secret

State, Kind = Subscriber.State, ConsentEvent.Kind
_ENDED_BY = {State.BOUNCED: Kind.BOUNCED, State.COMPLAINED: Kind.COMPLAINED}
# The states from which each state can be reached: a bounce never overrides what the person decided.
_ENDABLE_STATES = {
    State.UNSUBSCRIBED: {State.PENDING, State.ACTIVE, State.BOUNCED},
    State.BOUNCED: {State.PENDING, State.ACTIVE},
    State.COMPLAINED: {State.PENDING, State.ACTIVE, State.BOUNCED, State.UNSUBSCRIBED},
    State.BLOCKED: {State.PENDING, State.ACTIVE, State.BOUNCED, State.UNSUBSCRIBED, State.COMPLAINED},
}


def can_end(before: str, after: str) -> bool:
    """Whether a subscription in state `before` can end in state `after`."""
    return State(before) in _ENDABLE_STATES[State(after)]


@transaction.atomic
def unsubscribe(subscriber: Subscriber, source: ConsentSource) -> bool:
    """Stop all mail. Returns False, without changes, if the subscription had already ended."""
    return _end(lock_subscriber(subscriber), State.UNSUBSCRIBED, Kind.UNSUBSCRIBED, source)


@transaction.atomic
def record_bounce_or_complaint(subscriber: Subscriber, state: str, source: ConsentSource) -> bool:
    """End the subscription as BOUNCED or COMPLAINED. Returns False if it had already ended."""
    return _end(lock_subscriber(subscriber), State(state), _ENDED_BY[State(state)], source)


@transaction.atomic
def block(subscriber: Subscriber, source: ConsentSource) -> bool:
    """“This wasn’t me”: never send anything to this address again, whoever asks."""
    row = lock_subscriber(subscriber)
    if row.state == State.ERASED:
        return False
    add_suppression(row.address_key or "", Suppression.Reason.BLOCKED)
    return _end(row, State.BLOCKED, Kind.BLOCKED, source)


@transaction.atomic
def block_new_address(subscriber: Subscriber, address: EmailAddress, source: ConsentSource) -> None:
    """“This wasn’t me” from the owner of the address that a subscriber wanted to change to."""
    row = lock_subscriber(subscriber)
    if row.new_address != address.address:
        return
    row.new_address = ""
    row.save(update_fields=["new_address"])
    add_suppression(address.key, Suppression.Reason.BLOCKED)
    record_event(row, Kind.CHANGED, source, detail={"new_address": "blocked by its owner"})
    if own := Subscriber.objects.select_for_update().filter(address_key=address.key).first():
        _end(own, State.BLOCKED, Kind.BLOCKED, source)


@transaction.atomic
def erase(subscriber: Subscriber, source: ConsentSource) -> bool:
    """Erase all data except a keyed hash that keeps the address out of imports. All links stop working."""
    row = lock_subscriber(subscriber)
    if row.state == State.ERASED:
        return False
    add_suppression(row.address_key or "", Suppression.Reason.ERASED)
    anonymize(row, source)
    return True


def anonymize(row: Subscriber, source: ConsentSource) -> None:
    """Remove the address and preferences from a locked row. Its consent events stay, without a person."""
    row.state, row.address, row.address_key, row.new_address = State.ERASED, "", None, ""
    row.sections, row.topics, row.rhythm, row.paused_until = "", "", Subscriber.Rhythm.EVERY_ISSUE, None
    row.secret, row.ended_at = new_secret(), timezone.now()
    fields = ["state", "address", "address_key", "new_address", "sections", "topics", "rhythm", "paused_until"]
    row.save(update_fields=[*fields, "secret", "ended_at"])
    record_event(row, Kind.ERASED, source)


@transaction.atomic
def reinstate(subscriber: Subscriber, source: ConsentSource, reason: str = "") -> bool:
    """Undo a bounce, complaint or block, with an operator's reason.

    After a bounce the earlier state is restored, because consent was never withdrawn. After a complaint or block the
    subscriber becomes unsubscribed: nothing is sent, but they may subscribe again. Returns False in other states.
    """
    row = lock_subscriber(subscriber)
    before = row.state
    if before == State.BOUNCED:
        row.state, row.ended_at = State.ACTIVE if row.confirmed_at else State.PENDING, None
    elif before in (State.COMPLAINED, State.BLOCKED):
        row.state = State.UNSUBSCRIBED
        _remove_block(row.address_key or "")
    else:
        return False
    row.save(update_fields=["state", "ended_at"])
    record_event(row, Kind.LIFTED, source, detail={"reason": reason, "state": [before, row.state]})
    return True


@transaction.atomic
def remove_suppression(suppression: Suppression, source: ConsentSource, reason: str) -> bool:
    """Like `reinstate`, for a block known only by its hash. Only the owner can undo an erasure."""
    if suppression.reason != Suppression.Reason.BLOCKED:
        return False
    blocked = Subscriber.objects.filter(state=State.BLOCKED).values_list("pk", "address_key").iterator()
    pk = next((pk for pk, key in blocked if suppression.address_hash in address_hashes(key or "")), None)
    if pk:
        return reinstate(Subscriber.objects.get(pk=pk), source, reason)
    return bool(Suppression.objects.filter(pk=suppression.pk).delete()[0])


def _end(row: Subscriber, state: str, kind: str, source: ConsentSource, now: dt.datetime | None = None) -> bool:
    now = now or timezone.now()
    if not can_end(row.state, state):
        return False
    row.state, row.ended_at, row.new_address = state, now, ""
    row.save(update_fields=["state", "ended_at", "new_address"])
    record_event(row, kind, source, now)
    return True


def add_suppression(key: str, reason: str) -> None:
    """Store the hash of an address. BLOCKED replaces ERASED."""
    known = Suppression.objects.filter(address_hash__in=address_hashes(key))
    if reason == Suppression.Reason.BLOCKED:
        known.update(reason=reason)
    if not known.exists():
        made = Suppression(address_hash=address_hash(key), reason=reason)
        Suppression.objects.bulk_create([made], ignore_conflicts=True)


def clear_suppression(key: str) -> None:
    """Remove an erasure: the owner has confirmed from the mailbox that they want mail."""
    erased = Suppression.objects.filter(reason=Suppression.Reason.ERASED)
    erased.filter(address_hash__in=address_hashes(key)).delete()


def _remove_block(key: str) -> None:
    Suppression.objects.filter(address_hash__in=address_hashes(key), reason=Suppression.Reason.BLOCKED).delete()
