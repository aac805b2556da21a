"""Exporting and erasing a subscriber's personal data."""

import json

import pytest
from django.apps import apps
from django.test import Client

from digest.subscriptions.consent import ConsentSource, record_event
from digest.subscriptions.models import Notice, Subscriber
from tests.factories import make_subscriber
from tests.mailing.mailbox import make_delivery
from tests.subscriptions.forms import text_of
from tests.subscriptions.preference_pages import link, send

pytestmark = pytest.mark.django_db


def test_the_export_does_not_tell_either_whether_a_new_address_is_known():
    row = make_subscriber()
    before = Client().get(f"{link(row)}subscription.json").content
    for state in ("active", "pending", "unsubscribed", "bounced", "complained", "blocked", "new"):
        if state != "new":
            make_subscriber(address=f"{state}@farm.example", state=state)
        send(row, "move", address=f"{state}@farm.example")
        assert Client().get(f"{link(row)}subscription.json").content == before, state
    assert row.new_address == "new@farm.example"


def test_the_export_does_not_tell_what_became_of_the_mail_to_a_new_address():
    row = make_subscriber()
    before = Client().get(f"{link(row)}subscription.json").content
    delivery = make_delivery(None, row, notice_kind="new-address")
    delivery.events.create(subscriber=row, kind="hard", event_id="1")
    assert Client().get(f"{link(row)}subscription.json").content == before


def test_the_export_holds_every_field_and_every_table_that_knows_the_subscriber():
    row = make_subscriber(sections="news")
    record_event(row, "confirmed", ConsentSource("confirm-page", "192.0.2.0/24", "en"))
    Notice.objects.create(subscriber=row, kind="confirm")
    answer = Client().get(f"{link(row)}subscription.json")
    assert answer["Content-Type"] == "application/json" and "attachment" in answer["Content-Disposition"]
    data = json.loads(answer.content)
    assert data["address"] == "a…@farm.example" and data["sections"] == "news"
    assert data["consentevent"][0]["network"] == "192.0.2.0/24" and data["notice"][0]["kind"] == "confirm"
    pointing = {
        model._meta.model_name
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Subscriber
    }
    assert pointing and pointing <= set(data)
    assert "secret" not in data and row.secret not in answer.content.decode()
    assert "anna@farm.example" not in answer.content.decode()


def test_erasure_asks_once_more_and_then_forgets():
    row = make_subscriber()
    page = f"{link(row)}erase/"
    assert "Delete all my data" in text_of(Client().get(page))
    row.refresh_from_db()
    assert row.state == "active"
    assert "Your data has been deleted" in text_of(Client().post(page))
    row.refresh_from_db()
    assert (row.state, row.address) == ("erased", "")
    assert Client().get(page).status_code == 404
