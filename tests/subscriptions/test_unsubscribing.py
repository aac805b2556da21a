"""Leaving: one click as RFC 8058 has it (F2), bounces, complaints, erasure."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from digest.subscriptions import subscribing, tokens, unsubscribing
from digest.subscriptions.addresses import address_hash
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber, Suppression
from digest.subscriptions.tokens import Purpose
from tests.factories import make_subscriber
from tests.subscriptions.forms import text_of

pytestmark = pytest.mark.django_db
SOURCE = ConsentSource("test")
FORM = "application/x-www-form-urlencoded"
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
BODIES = {
    "urlencoded": (FORM, b"List-Unsubscribe=One-Click"),
    "upper-case percent codes": (FORM, b"List%2DUnsubscribe=One%2DClick"),
    "multipart": ("multipart/form-data; boundary=x", MULTIPART),
    "empty": (FORM, b""),
    "no type": ("", b""),
    "broken multipart": ("multipart/form-data", b"nonsense"),
    "something else": ("application/json", b"{}"),
}


def link(row: Subscriber) -> str:
    return f"/u/{tokens.make(Purpose.UNSUBSCRIBE, row)}/"


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("body", BODIES)
def test_f2_one_post_unsubscribes_in_every_form_and_a_second_changes_nothing(body, slash):
    row = make_subscriber()
    content_type, data = BODIES[body]
    client = Client(enforce_csrf_checks=True, SERVER_PROTOCOL="HTTP/1.0")
    for _time in range(2):
        answer = client.generic("POST", link(row).rstrip("/") + slash, data, content_type)
        assert answer.status_code == 200
        assert not answer.cookies and "Location" not in answer and "Set-Cookie" not in answer
        row.refresh_from_db()
        assert row.state == "unsubscribed" and row.ended_at
    assert [event.kind for event in row.consent_events.all()] == ["unsubscribed"]


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_REDIRECT_EXEMPT=[r"^healthz$", r"^u/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_f2_plain_http_is_not_redirected(method):
    assert getattr(Client(), method)(link(make_subscriber())).status_code == 200
    assert Client().get("/en/").status_code == 301


def test_the_settings_of_a_public_site_leave_the_link_alone():
    public = {**os.environ, "SITE_URL": "https://digest.example.org", "ALLOWED_HOSTS": "digest.example.org"}
    code = "from snz_portal import settings; print(settings.SECURE_REDIRECT_EXEMPT, settings.ACCEPT_RESERVED_DOMAINS)"
    command = [sys.executable, "-c", code]
    seen = subprocess.run(
        command, env=public, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True
    ).stdout
    assert "'^u/'" in seen and "False" in seen


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_f3_other_methods_change_nothing(method):
    row = make_subscriber()
    getattr(Client(), method)(link(row))
    row.refresh_from_db()
    assert row.state == "active" and not row.consent_events.exists()


@pytest.mark.parametrize(
    ("language", "tag", "word"),
    [("en", "en", "Unsubscribe"), ("zh-hant", "zh-Hant", "</button>"), ("bilingual", "zh-Hant", "</button>")],
)
def test_the_page_is_in_the_language_of_the_mail_and_has_one_button(language, tag, word):
    page = Client(headers={"accept-language": "en"}).get(link(make_subscriber(language=language)))
    html = page.content.decode()
    assert f'<html lang="{tag}">' in html and page["Content-Language"] == tag
    assert html.count("<button") == 1 and word in html
    assert "farm.example" not in html


def test_afterwards_it_says_so_asks_nothing_and_offers_to_come_back():
    row = make_subscriber(language="en")
    page = Client().post(link(row))
    assert "You have unsubscribed" in text_of(page)
    html = page.content.decode()
    assert html.count("<button") == 1 and "<textarea" not in html and "<select" not in html and "<input" not in html
    assert "Check your inbox" in text_of(Client().post(f"{link(row)}back/"))
    row.refresh_from_db()
    assert row.state == "unsubscribed"  # the link of a mail that was passed on brings nobody back by itself
    assert Notice.objects.get().kind == "confirm"


def test_who_asks_to_come_back_too_often_is_told_so():
    row = make_subscriber(state="unsubscribed", language="en")
    assert "We are sending you an email" in text_of(Client().post(f"{link(row)}back/"))
    assert "not sending another now" in text_of(Client().post(f"{link(row)}back/"))
    assert Notice.objects.count() == 1


def test_the_page_of_coming_back_can_be_looked_at_without_effect():
    row = make_subscriber(state="unsubscribed", language="en")
    html = Client().get(f"{link(row)}back/").content.decode()
    assert "You have unsubscribed" in html and html.count("<button") == 1
    assert not Notice.objects.exists()


def test_to_unsubscribe_is_one_transaction_of_few_statements():
    row = make_subscriber()
    with CaptureQueriesContext(connection) as queries:
        Client().post(link(row))
    assert sum("SAVEPOINT" not in query["sql"] for query in queries) == 5


@pytest.mark.parametrize(
    ("state", "after"),
    [("pending", "unsubscribed"), ("bounced", "unsubscribed"), ("complained", "complained"), ("blocked", "blocked")],
)
def test_to_unsubscribe_weakens_no_stronger_word(state, after):
    row = make_subscriber(state=state)
    unsubscribing.unsubscribe(row, SOURCE)
    row.refresh_from_db()
    assert row.state == after


@pytest.mark.parametrize(
    ("before", "sign", "after"),
    [
        ("active", "bounced", "bounced"),
        ("active", "complained", "complained"),
        ("unsubscribed", "bounced", "unsubscribed"),
        ("unsubscribed", "complained", "complained"),
        ("complained", "bounced", "complained"),
        ("blocked", "complained", "blocked"),
    ],
)
def test_bounces_and_complaints_end_a_subscription_but_never_soften_an_end(before, sign, after):
    row = make_subscriber(state=before)
    assert unsubscribing.record_bounce_or_complaint(row, sign, SOURCE) == (before != after)
    row.refresh_from_db()
    assert row.state == after
    assert row.consent_events.count() == (before != after)


@pytest.mark.parametrize(
    ("before", "after"),
    [("bounced", "active"), ("complained", "unsubscribed"), ("blocked", "unsubscribed"), ("unsubscribed", None)],
)
def test_a_lifted_bounce_is_as_before_and_other_ends_leave_the_next_word_to_the_person(before, after):
    row = make_subscriber(state=before)
    assert unsubscribing.reinstate(row, SOURCE, "A letter") == bool(after)
    row.refresh_from_db()
    assert row.state == (after or before)
    assert ConsentEvent.objects.filter(kind="lifted").count() == bool(after)


def test_who_never_confirmed_waits_again_after_a_lifted_bounce():
    row = make_subscriber(state="bounced", confirmed_at=None)
    unsubscribing.reinstate(row, SOURCE, "A letter")
    row.refresh_from_db()
    assert row.state == "pending"


def test_erasure_leaves_a_hash_and_events_without_an_address():
    row = make_subscriber(sections="news", topics="3", new_address="new@farm.tw")
    subscribing._queue_notice(row, "confirm", row.created_at)
    unsubscribing.erase(row, SOURCE)
    row.refresh_from_db()
    assert (row.state, row.address, row.address_key, row.new_address) == ("erased", "", None, "")
    assert (row.sections, row.topics, row.paused_until) == ("", "", None)
    assert Suppression.objects.get().address_hash == address_hash("anna@farm.example")
    assert "farm" not in str(list(ConsentEvent.objects.values()))


def test_a_blocked_address_that_is_erased_stays_blocked():
    row = make_subscriber()
    unsubscribing.block(row, SOURCE)
    unsubscribing.erase(row, SOURCE)
    assert Suppression.objects.get().reason == "blocked"
