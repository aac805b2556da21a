"""A provider's webhook: who may call it, what each event does, three times over and in any order [S23]."""

import base64
import itertools
import json
import os
import random
import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings as real_settings
from django.test import Client

from digest.mailing import outbox, webhooks
from digest.mailing.message_ids import message_id
from digest.mailing.models import Delivery, MailEvent
from digest.mailing.results import DeliveryResult, DeliveryStatus
from digest.subscriptions.models import Subscriber
from tests.mailing.mailbox import held, make_deliveries, make_delivery, make_mailing

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.mailing.webhook_urls")]
SECRET = "hook:a-long-password-of-ours"


@pytest.fixture(autouse=True)
def provider(settings: Any) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET, "hook:the-password-before-it"], "MANDRILL_WEBHOOK_KEY": "key"}
    settings.SECURE_SSL_REDIRECT = False


def call(body: object, esp: str = "postmark", secret: str | None = SECRET, **headers: str) -> int:
    """The status that one call is answered with."""
    if secret is not None:
        headers["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(secret.encode()).decode()
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    return client.post(f"/anymail/{esp}/tracking/", data, "application/json", **headers).status_code


def name_of(row: Delivery) -> str:
    return message_id(row.pk, row.mailing_id).strip("<>").partition("@")[0]


def postmark(row: Delivery, kind: str, *, number: int = 1, details: str = "", days: int = 0) -> dict[str, Any]:
    """What Postmark tells; `kind` is its name of a bounce, or Delivery or SpamComplaint."""
    told = {
        "RecordType": kind if kind in ("Delivery", "SpamComplaint") else "Bounce",
        "Type": kind,
        "ID": f"{row.pk}{number}",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": "ana@farm.example",
        "Metadata": {"delivery": name_of(row)},
        "Details": details,
        "Description": "words that say user unknown",
    }
    told["DeliveredAt" if kind == "Delivery" else "BouncedAt"] = f"2024-08-{10 + days:02d}T08:00:00Z"
    return told


def brevo(row: Delivery, kind: str, reason: str = "") -> dict[str, Any]:
    return {
        "event": kind,
        "email": "ana@farm.example",
        "ts_epoch": 1_724_000_000_000,
        "message-id": "<1@smtp.relay>",
        "X-Mailin-custom": json.dumps({"delivery": name_of(row)}),
        "reason": reason,
    }


def kept() -> list[tuple[str, str]]:
    return list(MailEvent.objects.values_list("kind", "status"))


POSTMARK = [
    ("Delivery", "", "delivered", "active"),
    ("SpamComplaint", "", "complaint", "complained"),
    ("HardBounce", "smtp;550 5.1.1 No such user", "hard", "bounced"),
    ("HardBounce", "", "hard", "bounced"),
    ("HardBounce", "smtp;550 5.7.1 user unknown", "policy", "active"),
    ("SoftBounce", "smtp;552 5.2.2 user unknown", "soft", "active"),
    ("SoftBounce", "", "soft", "active"),
    ("BadEmailAddress", "", "hard", "bounced"),
    ("Blocked", "smtp;550 5.1.1 x", "policy", "active"),
]


@pytest.mark.parametrize(("kind", "details", "expected", "state"), POSTMARK)
def test_postmarks_events_are_judged_by_code_then_by_its_own_type(
    kind: str, details: str, expected: str, state: str
) -> None:
    row = make_deliveries(1)[0]
    assert call(postmark(row, kind, details=details)) == 200
    assert [event[0] for event in kept()] == [expected]
    assert Subscriber.objects.get().state == state


BREVO = [
    ("delivered", "", "delivered"),
    ("hard_bounce", "550 5.1.1 x", "hard"),
    ("hard_bounce", "550 no such user", "hard"),
    ("hard_bounce", "550-5.7.26 unauthenticated", "policy"),
    ("soft_bounce", "452 4.2.2 full", "soft"),
    ("soft_bounce", "user unknown", "soft"),
    ("invalid_email", "", "hard"),
    ("blocked", "", "policy"),
    ("spam", "", "complaint"),
    ("error", "", "policy"),
]


@pytest.mark.parametrize(("kind", "reason", "expected"), BREVO)
def test_brevos_events_without_ids_are_kept_once(kind: str, reason: str, expected: str) -> None:
    row = make_deliveries(1)[0]
    for _ in range(3):
        assert call(brevo(row, kind, reason), "brevo") == 200
    assert [event[0] for event in kept()] == [expected]


@pytest.mark.parametrize("kind", ["opened", "click", "deferred", "request", "unsubscribe", "nonsense"])
def test_what_is_no_fate_of_a_mail_is_not_kept(kind: str) -> None:
    assert call(brevo(make_deliveries(1)[0], kind), "brevo") == 200
    assert kept() == []


def test_several_events_in_one_call_are_all_taken() -> None:
    rows = make_deliveries(2)
    told = [
        {"event": "bounce", "email": "a@b.example", "time": 1, "hard_bounce": True, "error": "user unknown",
         "error_related_to": "recipient", "Payload": json.dumps({"delivery": name_of(row)})}
        for row in rows
    ]  # fmt: skip
    assert call(told, "mailjet") == 200
    assert [event[0] for event in kept()] == ["hard", "hard"]


# --- who may call ------------------------------------------------------------------------------------------------

FORGED = [None, "", "hook:", "hook:wrong-password-of-ours", SECRET[:-1], SECRET + "x", "None", ":", "hook"]


@pytest.mark.parametrize("secret", FORGED)
def test_a_call_without_the_secret_is_refused_and_does_nothing(secret: str | None) -> None:
    row = make_deliveries(1)[0]
    assert call(postmark(row, "HardBounce"), secret=secret) == 403
    assert kept() == [] and Subscriber.objects.get().state == "active"


@pytest.mark.parametrize("header", ["Basic", "Basic ÿ", "Basic /////w==", "Bearer x", "Basic a b c", "\0"])
def test_an_odd_authorization_is_refused(header: str) -> None:
    row = make_deliveries(1)[0]
    assert call(postmark(row, "HardBounce"), secret=None, HTTP_AUTHORIZATION=header) == 403
    assert kept() == []


@pytest.mark.parametrize("secret", [None, ":", SECRET])
def test_without_any_secret_of_ours_nobody_is_let_in(secret: str | None, settings: Any) -> None:
    settings.ANYMAIL = {}
    assert call(postmark(make_deliveries(1)[0], "HardBounce"), secret=secret) == 403
    assert kept() == []


def test_the_secret_before_it_goes_on_working_while_it_is_changed() -> None:
    assert call(postmark(make_deliveries(1)[0], "Delivery"), secret="hook:the-password-before-it") == 200


BODIES = [b"", b"{", b"[]", b"null", b"3", b"\xff\xfe", b'"x"', b"[[[[1]]]]", b'{"RecordType": 3}', b'[{"event": []}]',
    b"[" * 100_000, b"[" * 50_000 + b"]" * 50_000,
    b'[{"msys": {"message_event": {"type": "bounce", "timestamp": "99999999999999999999"}}}]',
    b'[{"msys": {"message_event": {"type": "bounce", "timestamp": "-1e999"}}}]',
]  # fmt: skip


@pytest.mark.parametrize("esp", ["postmark", "brevo", "mailjet", "mandrill", "sparkpost"])
@pytest.mark.parametrize("body", BODIES)
def test_nonsense_with_the_right_secret_is_no_error_of_ours(body: bytes, esp: str) -> None:
    assert call(body, esp) in ((403,) if esp == "mandrill" else (200, 400))  # Mandrill signs what it tells
    assert kept() == []


@pytest.mark.parametrize("name", ["", "7", "m3.7", "m3.7.0123456789abcdef", "n0.7.0123456789abcdef", 7, None, ["x"]])
def test_events_about_mails_of_others_are_taken_without_effect(name: object) -> None:
    told = postmark(make_deliveries(1)[0], "HardBounce") | {"Metadata": {"delivery": name}}
    assert call(told) == 200
    assert kept() == []


def test_an_event_whose_id_no_database_takes_is_kept_once() -> None:
    told = postmark(make_deliveries(1)[0], "HardBounce") | {"ID": "\ud800\0", "Details": "smtp;550 5.1.1 \ud800\0"}
    assert [call(told), call(told)] == [200, 200]
    assert kept() == [("hard", "5.1.1")]


def test_there_is_no_webhook_where_no_provider_is_used() -> None:
    assert webhooks.addresses("demo") == webhooks.addresses("smtp") == webhooks.addresses("anymail:scaleway") == []


@pytest.mark.parametrize(
    ("transport", "secret", "complaint"),
    [
        ("anymail:postmark", "", "ANYMAIL_WEBHOOK_SECRET"),
        ("anymail:postmark", "hook:short", "ANYMAIL_WEBHOOK_SECRET"),
        ("anymail:postmark", f"{SECRET},x", "ANYMAIL_WEBHOOK_SECRET"),
        ("anymail:nobody", SECRET, "MAIL_TRANSPORT"),
        ("anymail:test", SECRET, "MAIL_TRANSPORT"),
        ("anymail:postmark", SECRET, ""),
    ],
)
def test_the_portal_does_not_start_with_an_open_webhook(transport: str, secret: str, complaint: str) -> None:
    environment = {"MAIL_TRANSPORT": transport, "ANYMAIL_WEBHOOK_SECRET": secret, "SECRET_KEY": "k" * 50}
    done = subprocess.run(
        [sys.executable, "-c", "import snz_portal.settings"],
        env={**os.environ, **environment},
        cwd=real_settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode == 0) == (not complaint)
    assert complaint in done.stderr and (not secret or secret not in done.stderr)


# --- any order ---------------------------------------------------------------------------------------------------

EVENTS = [(0, "SoftBounce", 1), (1, "SoftBounce", 8), (2, "SoftBounce", 16), (1, "Delivery", 9)]


def test_events_three_times_over_and_in_any_order_end_the_same() -> None:
    subscriber = make_deliveries(1)[0].subscriber
    rows = [make_delivery(make_mailing(n + 2), subscriber, "uncertain") for n in range(3)]
    for order in itertools.permutations(EVENTS):
        MailEvent.objects.all().delete()
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(state="uncertain")
        Subscriber.objects.update(state="active", ended_at=None)
        brought = [postmark(rows[n], kind, number=n, days=day) for n, kind, day in order] * 3
        random.Random(7).shuffle(brought)
        assert {call(told) for told in brought} == {200}
        assert len(kept()) == 4
        assert Subscriber.objects.get().state == "active"
        assert set(Delivery.objects.filter(pk__in=[r.pk for r in rows]).values_list("state", flat=True)) == {"failed"}


def test_an_event_may_come_before_the_sender_has_written_down_that_it_sent() -> None:
    row = make_deliveries(1, "in-data")[0]
    assert call(postmark(row, "HardBounce")) == 200
    assert Delivery.objects.get().state == "in-data"
    claimed = held(row)
    assert outbox.record_and_fence("o", [(claimed, DeliveryResult(DeliveryStatus.SENT, "queued"))], []) == (set(), [])
    assert (Delivery.objects.get().state, Subscriber.objects.get().state) == ("sent", "bounced")


def test_a_call_that_is_told_again_asks_the_database_once(django_assert_max_num_queries: Any) -> None:
    told = [
        {"msys": {"message_event": {"type": "delivery", "event_id": str(n), "timestamp": "1724000000",
         "rcpt_meta": {"delivery": name_of(row)}}}}
        for n, row in enumerate(make_deliveries(20))
    ]  # fmt: skip
    assert call(told, "sparkpost") == 200 and len(kept()) == 20
    with django_assert_max_num_queries(1):
        assert call(told, "sparkpost") == 200
    assert len(kept()) == 20


@pytest.mark.stopwatch
def test_a_thousand_events_are_answered_quickly() -> None:
    rows = make_deliveries(50)
    kinds = ["Delivery", "SoftBounce", "HardBounce", "SpamComplaint"]
    told = [postmark(row, kind, number=n) for row in rows for n, kind in enumerate(kinds)] * 5
    random.Random(23).shuffle(told)
    times, work = [], []
    for event in told:
        start, begun = time.perf_counter(), time.thread_time()
        assert call(event) == 200
        times.append(time.perf_counter() - start)
        work.append(time.thread_time() - begun)
    assert len(kept()) == 200
    assert set(Subscriber.objects.values_list("state", flat=True)) == {"complained"}
    print(f"webhook: median {sorted(times)[500] * 1000:.1f} ms, p99 {sorted(times)[990] * 1000:.1f} ms")
    # On a busy machine some wait for their turn: of these only the work counts.
    assert sorted(times)[500] < 0.2 and sorted(work)[990] < 0.2
