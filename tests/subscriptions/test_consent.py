"""The proof of consent can be added to and nothing else: by Django or by SQL."""

import pytest
from django.db import DatabaseError, connection, transaction

from digest.subscriptions.consent import ConsentSource, record_event
from digest.subscriptions.models import ConsentEvent
from tests.factories import make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def event() -> ConsentEvent:
    return record_event(make_subscriber(), "confirmed", ConsentSource("test", "192.0.2.0/24", "en"))


def test_the_model_refuses_to_change_or_delete(event):
    event.kind = "unsubscribed"
    for refused in (
        event.save,
        event.delete,
        ConsentEvent.objects.all().delete,
        lambda: ConsentEvent.objects.update(kind="unsubscribed"),
        lambda: ConsentEvent.objects.bulk_update([event], ["kind"]),
    ):
        with pytest.raises(TypeError):
            refused()


@pytest.mark.parametrize(
    "statement", ["UPDATE subscriptions_consentevent SET kind = 'x'", "DELETE FROM subscriptions_consentevent"]
)
def test_the_database_refuses_to_change_or_delete(event, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert ConsentEvent.objects.get().kind == "confirmed"


@pytest.mark.django_db(transaction=True)
def test_tests_with_transactions_of_their_own_can_still_be_cleaned_up():
    record_event(make_subscriber(), "confirmed", ConsentSource("test"))
    assert ConsentEvent.objects.count() == 1  # which the tests' own end takes away, and nothing else can
