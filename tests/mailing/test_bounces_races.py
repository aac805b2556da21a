"""The same events told by many at once: no error, one row each, one end."""

import pytest
from django.db import connection

from digest.mailing import outbox
from digest.mailing.bounces import Event, RecordResult, record_event
from digest.mailing.models import Delivery, MailEvent
from digest.mailing.results import DeliveryResult, DeliveryStatus
from digest.subscriptions.models import Subscriber
from tests.concurrency import at_once
from tests.mailing.mailbox import held, make_deliveries, make_delivery, make_mailing

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    # BEGIN IMMEDIATE makes SQLite's writers wait for each other; the tests' database in memory does not wait.
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
Kind = MailEvent.Kind


def test_one_event_told_by_eight_at_once_is_one() -> None:
    row = make_deliveries(1)[0]
    results = at_once([lambda: record_event(Event("same", row.pk, Kind.HARD))] * 8)
    assert sorted(results, key=str) == sorted([RecordResult.NEW] + [RecordResult.KNOWN] * 7, key=str)
    assert Subscriber.objects.get().state == "bounced"
    assert row.subscriber.consent_events.count() == 1


def test_different_events_about_one_person_at_once_neither_fail_nor_get_lost() -> None:
    row = make_deliveries(1)[0]
    other = make_delivery(make_mailing(2), row.subscriber)
    kinds = [Kind.HARD, Kind.COMPLAINT, Kind.DELIVERED, Kind.SOFT]
    tasks = [lambda k=k, d=d: record_event(Event(f"{d.pk}{k}", d.pk, k)) for k in kinds for d in (row, other)]
    assert at_once(tasks) == [RecordResult.NEW] * 8
    assert Subscriber.objects.get().state == "complained"


def test_told_while_the_sender_writes_its_doubt_down_a_mail_does_not_stay_uncertain() -> None:
    rows = make_deliveries(12, "in-data")
    tasks = []
    for row in rows:
        claimed = held(row)
        results = [(claimed, DeliveryResult(DeliveryStatus.UNCERTAIN, "lost"))]
        tasks.append(lambda results=results: outbox.record_and_fence("o", results, []))
        tasks.append(lambda row=row: record_event(Event(f"e{row.pk}", row.pk, Kind.DELIVERED)))
    assert not [result for result in at_once(tasks) if isinstance(result, Exception)]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
