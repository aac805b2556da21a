"""A subscriber is erased while an issue is sent (A9, A10): no email afterwards, no trace of the address anywhere."""

import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from digest.mailing import outbox
from digest.mailing.bounces.events import Event, RecordResult, record_event
from digest.mailing.models import Delivery, MailEvent
from digest.mailing.results import DeliveryResult, DeliveryStatus
from digest.subscriptions import preference_changes, subscribing, tokens
from digest.subscriptions.addresses import canonical
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.models import Subscriber
from digest.subscriptions.preferences import Preferences
from tests.factories import make_full_issue, make_subscriber

pytestmark = pytest.mark.django_db
WAY = ConsentSource("test", "192.0.2.0/24", "en")
REFUSAL = "450 4.2.2 <Anna.Unlikely@farm.example>: mailbox of anna.unlikely@farm.example is full"


@pytest.fixture(autouse=True)
def post_office(settings, tmp_path) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    outbox.check_restore()


def everything() -> str:
    """All rows of all tables as lower-case text."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            texts += [bytes(v).decode("latin-1") if isinstance(v, memoryview) else str(v) for r in cursor for v in r]
    return "\n".join(texts).lower()


def make_known() -> Subscriber:
    """A subscriber who subscribed by the form, changed the address, had a bounce, and was viewed by an operator."""
    subscribing.subscribe(canonical("old.unlikely@farm.example"), Preferences("en"), WAY)
    row = Subscriber.objects.get()
    subscribing.confirm(row, WAY)
    preference_changes.request_address_change(row, canonical("Anna.Unlikely@farm.example"), WAY)
    return preference_changes.confirm_address_change(row, WAY)


def erase(row: Subscriber) -> None:
    page = f"/en/subscribe/preferences/{tokens.make('preferences', row)}/erase/"
    assert Client().post(page).status_code == 200


def test_a10_nobody_is_claimed_after_being_erased_and_the_accounts_are_right():
    rows = [make_subscriber(f"reader{number}@farm.example") for number in range(4)]
    mailing = outbox.start(make_full_issue())
    first = outbox.claim("one", 1)
    outbox.record_and_fence("one", [], first)
    for row in rows:
        erase(row)
    assert outbox.claim("one", 9) == []
    outbox.record_and_fence("one", [(first[0], DeliveryResult(DeliveryStatus.SENT, "250 taken"))], [])
    fates = {state: count for state, count in outbox.counts_by_state(mailing).items() if count}
    assert fates == {"sent": 1, "suppressed": 3} and mailing.audience == 4


def test_a9_after_erasure_no_table_holds_the_address_and_an_old_file_brings_nobody_back(tmp_path, admin_client):
    row = make_known()
    outbox.start(make_full_issue())
    claimed = outbox.claim("one", 9)
    outbox.record_and_fence("one", [], claimed)
    outbox.record_and_fence("one", [(each, DeliveryResult(DeliveryStatus.DEFERRED, REFUSAL)) for each in claimed], [])
    assert (
        record_event(Event("x1", Delivery.objects.first().pk, MailEvent.Kind.SOFT, "4.2.2", REFUSAL))
        == RecordResult.NEW
    )
    admin_client.get(f"/admin/subscriptions/subscriber/{row.pk}/change/")
    old = tmp_path / "old.csv"
    call_command("export_subscribers", str(old), stdout=io.StringIO())
    assert "unlikely@" in everything()
    erase(row)
    assert "unlikely" not in everything()
    call_command("import_subscribers", str(old), stdout=io.StringIO())
    assert "unlikely" not in everything() and not Subscriber.objects.active().exists()
