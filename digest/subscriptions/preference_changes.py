"""Changing preferences, sections and address. Each function is one transaction."""

import datetime as dt

from django.db import transaction

from digest.subscriptions import limits, tokens
from digest.subscriptions.addresses import EmailAddress
from digest.subscriptions.consent import ConsentSource, lock_subscriber, record_event
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber, Suppression, new_secret
from digest.subscriptions.preferences import (
    Preferences,
    changed_fields,
    fingerprint,
    join_sections,
    join_topics,
    split_sections,
    split_topics,
)
from digest.subscriptions.subscribing import is_blocked
from digest.subscriptions.unsubscribing import add_suppression, anonymize, clear_suppression, unsubscribe

State, Kind = Subscriber.State, ConsentEvent.Kind
_TOPICS = ConsentSource("topics changed by the editors")


class StalePreferences(Exception):
    """The preferences have changed since the page was shown."""


@transaction.atomic
def change_preferences(
    subscriber: Subscriber,
    preferences: Preferences,
    paused_until: dt.date | None,
    source: ConsentSource,
    *,
    seen: str = "",
) -> bool:
    """Save preferences. Returns False, without writing anything, if they are unchanged.

    `seen` is the fingerprint of the preferences shown; raises StalePreferences if they have changed since.
    """
    row = lock_subscriber(subscriber)
    fields = {**preferences.as_fields(), "paused_until": paused_until}
    changed = changed_fields(row, fields)
    if not changed or row.state == State.ERASED:
        return False
    if seen and seen != fingerprint(row):
        raise StalePreferences
    for name in changed:
        setattr(row, name, fields[name])
    row.save(update_fields=list(changed))
    record_event(row, Kind.CHANGED, source, detail=dict(changed))
    return True


@transaction.atomic
def unsubscribe_section(subscriber: Subscriber, section: str, source: ConsentSource) -> bool:
    """Unsubscribe from one section; without any section left, from everything."""
    row = lock_subscriber(subscriber)
    rest = [name for name in split_sections(row.sections) if name != section]
    if not rest:
        return unsubscribe(row, source)
    after = join_sections(rest)
    if row.sections == after or row.state == State.ERASED:
        return False
    record_event(row, Kind.CHANGED, source, detail={"sections": [row.sections, after]})
    row.sections = after
    row.save(update_fields=["sections"])
    return True


@transaction.atomic
def replace_topic(old: int, new: int | None, known: set[int]) -> int:
    """Replace a merged or deleted topic in all subscribers' preferences. Returns how many were changed.

    `known` are the ids of available topics. Those left without any topic get everything, as if none was chosen.
    """
    rows = Subscriber.objects.select_for_update().exclude(topics="")
    changed = 0
    for row in rows.filter(topics__regex=rf"(^|,){old}(,|$)").order_by("pk"):
        numbers = {new if number == old else number for number in split_topics(row.topics)}
        after = join_topics({number for number in numbers if number is not None}, known | ({new} if new else set()))
        record_event(row, Kind.CHANGED, _TOPICS, detail={"topics": [row.topics, after]})
        row.topics = after
        row.save(update_fields=["topics"])
        changed += 1
    return changed


@transaction.atomic
def request_address_change(
    subscriber: Subscriber, address: EmailAddress, source: ConsentSource, now: dt.datetime | None = None
) -> None:
    """Send a confirmation email to the new address. The caller does not learn whether it is known.

    If it has its own subscription, it is told so instead; if it is suppressed, nothing is sent.
    """
    now = limits.lock_counters(now)
    row = lock_subscriber(subscriber)
    if row.state != State.ACTIVE or address.key == row.address_key or not address.is_accepted or is_blocked(address):
        return
    if not limits.may_send(address, source.network, now):
        return
    other = Subscriber.objects.filter(address_key=address.key).first()
    if other and other.state in (State.BLOCKED, State.BOUNCED, State.COMPLAINED):
        return
    limits.count_mail(address, source.network, now)
    if other and other.state == State.ACTIVE:
        Notice.objects.create(subscriber=other, kind=Notice.Kind.KNOWN, created_at=now)
        return
    row.new_address, row.asked_at = address.address, now
    row.save(update_fields=["new_address", "asked_at"])
    Notice.objects.create(subscriber=row, kind=Notice.Kind.NEW_ADDRESS, created_at=now)


@transaction.atomic
def confirm_address_change(
    subscriber: Subscriber, source: ConsentSource, now: dt.datetime | None = None
) -> Subscriber | None:
    """Use the confirmed new address from now on. All links in older emails stop working.

    Returns None if no change is pending.
    """
    now = limits.lock_counters(now)  # so that nobody subscribes the address at the same time
    row = lock_subscriber(subscriber)
    if row.state != State.ACTIVE or not row.new_address or not tokens.is_fresh(row, now):
        return None
    address = EmailAddress.stored(row.new_address)
    other = Subscriber.objects.select_for_update().filter(address_key=address.key).exclude(pk=row.pk).first()
    if is_blocked(address) or (other and other.state not in (State.PENDING, State.UNSUBSCRIBED)):
        return None
    if other:  # an older row of the same person, who has just proved to own the address
        anonymize(other, source)
    add_suppression(row.address_key or "", Suppression.Reason.ERASED)
    # ^
    clear_suppression(address.key)
    row.address, row.address_key, row.new_address, row.secret = address.address, address.key, "", new_secret()
    row.save(update_fields=["address", "address_key", "new_address", "secret"])
    record_event(row, Kind.ADDRESS_CHANGED, source, now)
    return row
