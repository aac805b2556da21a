"""Changing the address: confirmed from the new mailbox, without revealing whether it is known."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from digest.subscriptions import subscribing
from digest.subscriptions.addresses import canonical
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.csv_import import import_csv
from digest.subscriptions.maintenance import run_maintenance
from digest.subscriptions.models import Notice, Subscriber, Suppression
from digest.subscriptions.tokens import Purpose
from tests.factories import make_subscriber
from tests.subscriptions.forms import text_of
from tests.subscriptions.preference_pages import link, send

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def test_a_new_address_is_used_once_it_is_confirmed_from_there():
    row = make_subscriber()
    answer = send(row, "move", address="Anna@neu.farm.example")
    assert answer.status_code == 200
    assert row.address == "anna@farm.example" and Notice.objects.get().kind == "new-address"
    page = link(row, Purpose.NEW_ADDRESS)
    Client().get(page)
    row.refresh_from_db()
    assert row.address == "anna@farm.example"
    assert "Your new address is now in use" in text_of(Client().post(page, {"do": "take"}))
    row.refresh_from_db()
    assert (row.address, row.address_key, row.new_address) == ("Anna@neu.farm.example", "anna@neu.farm.example", "")
    assert "farm" not in str(list(row.consent_events.values()))
    assert Client().get(page).status_code == 404


def test_the_answer_to_a_new_address_does_not_tell_whether_it_is_known():
    row = make_subscriber()
    for state in ("active", "pending", "unsubscribed", "bounced", "complained", "blocked"):
        make_subscriber(address=f"{state}@farm.example", state=state)
    addresses = ("new", "active", "pending", "unsubscribed", "bounced", "complained", "blocked", "abuse", "anna")
    pages = {text_of(send(row, "move", address=f"{name}@farm.example")) for name in addresses}
    assert len(pages) == 1
    sent = sorted(Notice.objects.values_list("kind", "subscriber__address"))
    assert sent == [("known", "active@farm.example"), *[("new-address", "anna@farm.example")] * 3]


def test_a_bad_new_address_comes_back_with_a_reason():
    answer = send(make_subscriber(), "move", address="anna@")
    assert answer.status_code == 400 and 'value="anna@"' in answer.content.decode()
    assert 'id="address-error"' in answer.content.decode()


def test_the_owner_of_the_new_address_can_say_no():
    row = make_subscriber()
    send(row, "move", address="bert@farm.example")
    page = link(row, Purpose.NEW_ADDRESS)
    assert "will not contact you again" in text_of(Client().post(page, {"do": "not-me"}))
    row.refresh_from_db()
    assert (row.state, row.new_address) == ("active", "")
    assert Suppression.objects.get().reason == "blocked"
    assert Client().post(page, {"do": "take"}).status_code == 404


def test_an_older_row_of_the_new_address_gives_way():
    row = make_subscriber()
    old = make_subscriber(address="new@farm.example", state="unsubscribed")
    send(row, "move", address="new@farm.example")
    Client().post(link(row, Purpose.NEW_ADDRESS), {"do": "take"})
    row.refresh_from_db()
    old.refresh_from_db()
    assert (row.address, old.state) == ("new@farm.example", "erased")
    assert subscribing.suppressed_among([canonical("new@farm.example"), canonical("anna@farm.example")]) == {
        "anna@farm.example"
    }


def test_an_older_list_does_not_bring_back_the_address_that_somebody_moved_from():
    row = make_subscriber()
    send(row, "move", address="new@farm.example")
    Client().post(link(row, Purpose.NEW_ADDRESS), {"do": "take"})
    old = "address,state,consented_at,consent_text\nanna@farm.example,active,2024-05-01,Fair\n"
    assert [outcome.kind for outcome in import_csv(old, "en", ConsentSource("import"))] == ["kept out"]
    assert Subscriber.objects.count() == 1
    row.refresh_from_db()
    send(row, "move", address="anna@farm.example")  # and back
    Client().post(link(row, Purpose.NEW_ADDRESS), {"do": "take"})
    row.refresh_from_db()
    assert (
        row.address == "anna@farm.example" and subscribing.suppressed_among([canonical("anna@farm.example")]) == set()
    )


def test_who_says_not_me_of_a_new_address_gets_no_more_mail_by_a_row_of_their_own():
    row, own = make_subscriber(), make_subscriber(address="new@farm.example", state="pending")
    send(row, "move", address="new@farm.example")
    Client().post(link(row, Purpose.NEW_ADDRESS), {"do": "not-me"})
    own.refresh_from_db()
    assert own.state == "blocked"
    assert run_maintenance(timezone.now() + 3 * DAY)["reminded"] == 0


def test_a_link_to_the_new_address_lives_two_days():
    row = make_subscriber(new_address="new@farm.example", asked_at=timezone.now() - 2 * DAY)
    for method in ("get", "post"):
        assert "expired" in text_of(getattr(Client(), method)(link(row, Purpose.NEW_ADDRESS)))
    row.refresh_from_db()
    assert row.address == "anna@farm.example"
