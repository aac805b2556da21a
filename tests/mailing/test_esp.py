"""Handing mails to a provider's API: what arrives there, and what each way to fail means for the mail."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anymail.exceptions import AnymailAPIError, AnymailUnsupportedFeature
from anymail.message import AnymailRecipientStatus
from django.core import mail as django_mail

from digest.mailing import header_fields, mime_template
from digest.mailing.esp import EspTransport
from digest.mailing.message_ids import delivery_id_from, message_id
from digest.mailing.models import Delivery
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage
from digest.mailing.sender import Sender
from tests.kill import certificate
from tests.kill.audience import enlist, freeze
from tests.mailing.api_server import ApiServer

HEADERS = [
    ("From", header_fields.mailbox("數位農業, SNZ", "digest@digest.test")),
    ("To", mime_template.slot("to")),
    ("Reply-To", "editors@digest.test"),
    ("Subject", "水田與堆肥：第十七期 — rice, rain and compost in a subject that is long enough to be folded"),
    ("Date", "Fri, 30 Aug 2024 16:00:00 +0800"),
    ("Message-ID", mime_template.slot("message_id")),
    ("List-Id", "SNZ <digest.digest.test>"),
    ("List-Unsubscribe", f"<https://digest.test/u/{mime_template.slot('unsubscribe')}/>"),
    ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ("Feedback-ID", "issue-17:en:newsletter:snz"),
    ("Precedence", "bulk"),
]
TEXT = "水田 and rain.\n.hidden\n" + f"https://digest.test/u/{mime_template.slot('unsubscribe')}/\n"
VALUES = {"to": b"ana@farm.example", "message_id": message_id(7, 3).encode(), "unsubscribe": b"u" * 43}


def letter() -> OutgoingMessage:
    pieces = mime_template.build(HEADERS, TEXT, f"<p>{TEXT}</p>\n")
    return OutgoingMessage("bounces+7.x@digest.test", "ana@farm.example", pieces.fill(VALUES))


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "secret-token", "REQUESTS_TIMEOUT": 1}


def transport(settings: Any, server: ApiServer | None = None, url: str = "") -> EspTransport:
    settings.ANYMAIL["POSTMARK_API_URL"] = url or f"http://127.0.0.1:{server.port}/" if server or url else ""
    return EspTransport("postmark")


def send(settings: Any, server: ApiServer | None = None, url: str = "") -> DeliveryResult:
    client = transport(settings, server, url)
    outcome = client.send(letter())
    client.close()
    return outcome


# --- what arrives ------------------------------------------------------------------------------------------------


def test_anymail_gets_the_whole_mail_with_all_its_own_header_fields() -> None:
    django_mail.outbox = []
    assert EspTransport("test").send(letter()).status is DeliveryStatus.SENT
    params = django_mail.outbox[0].anymail_test_params
    assert params["subject"] == HEADERS[3][1]
    assert (params["from"].display_name, params["from"].addr_spec) == ("數位農業, SNZ", "digest@digest.test")
    assert [to.addr_spec for to in params["to"]] == ["ana@farm.example"]
    assert [to.addr_spec for to in params["reply_to"]] == ["editors@digest.test"]
    assert params["text_body"] == TEXT.replace(mime_template.slot("unsubscribe"), "u" * 43)
    assert params["html_body"] == f"<p>{params['text_body']}</p>\n"
    own = dict(params["extra_headers"])
    assert own == {
        "Message-ID": message_id(7, 3),
        "List-Id": "SNZ <digest.digest.test>",
        "List-Unsubscribe": f"<https://digest.test/u/{'u' * 43}/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "issue-17:en:newsletter:snz",
        "Precedence": "bulk",
    }
    assert params["is_batch_send"] is False
    assert delivery_id_from(f"{params['metadata']['delivery']}@provider") == 7


def test_what_goes_over_the_wire_is_one_call_for_each_mail_on_one_connection(settings: Any) -> None:
    with ApiServer() as server:
        client = transport(settings, server)
        assert [client.send(letter()).status for _ in range(5)] == [DeliveryStatus.SENT] * 5
        client.close()
    assert (len(server.requests), server.connections) == (5, 1)
    told = server.requests[0]
    assert told["To"] == "ana@farm.example" and told["Subject"] == HEADERS[3][1]
    assert {"Name": "Message-ID", "Value": message_id(7, 3)} in told["Headers"]
    assert {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"} in told["Headers"]


def test_a_provider_that_takes_no_metadata_gets_the_mail_without(monkeypatch: pytest.MonkeyPatch) -> None:
    from anymail.backends.test import TestPayload

    def refuse(self: Any, metadata: object) -> None:
        self.unsupported_feature("metadata")

    django_mail.outbox = []
    monkeypatch.setattr(TestPayload, "set_metadata", refuse)
    client = EspTransport("test")
    assert [client.send(letter()).status for _ in range(2)] == [DeliveryStatus.SENT] * 2
    assert "metadata" not in django_mail.outbox[0].anymail_test_params


def test_a_provider_that_cannot_send_such_mails_pauses_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    from anymail.backends.test import TestPayload

    def refuse(self: Any, *_args: object) -> None:
        raise AnymailUnsupportedFeature("no header fields")

    monkeypatch.setattr(TestPayload, "set_extra_headers", refuse)
    client = EspTransport("test")
    for _ in range(2):
        outcome = client.send(letter())
        assert (outcome.status, outcome.is_fault) == (DeliveryStatus.POSTPONED, True)


@pytest.mark.parametrize("status", ["rejected", "invalid", "failed", "queued", "sent", "unknown"])
def test_what_the_provider_says_of_the_recipient_decides(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    said = {"recipient_status": {"ana@farm.example": AnymailRecipientStatus("id", status)}}
    monkeypatch.setattr("anymail.backends.test.EmailBackend.post_to_esp", lambda *_args: said)
    outcome = EspTransport("test").send(letter())
    expected = {"queued": DeliveryStatus.SENT, "sent": DeliveryStatus.SENT, "unknown": DeliveryStatus.UNCERTAIN}
    assert outcome.status is expected.get(status, DeliveryStatus.FAILED)


def test_a_failure_that_nobody_can_place_is_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise AnymailAPIError("hm")

    monkeypatch.setattr("anymail.backends.test.EmailBackend.post_to_esp", fail)
    assert EspTransport("test").send(letter()).status is DeliveryStatus.UNCERTAIN


# --- answers -----------------------------------------------------------------------------------------------------

FAULT, FAILED, DOUBT = (
    (DeliveryStatus.POSTPONED, True),
    (DeliveryStatus.FAILED, False),
    (DeliveryStatus.UNCERTAIN, True),
)
STATUSES = [
    *((code, FAULT) for code in (401, 402, 403, 404, 405, 408, 429, 500, 501, 503, 507, 599)),
    *((code, DOUBT) for code in (502, 504, 520, 524)),  # whether the service took it, its gateway does not know
    *((code, FAILED) for code in (400, 409, 410, 413, 415, 422, 451)),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
def test_each_status_has_its_meaning(settings: Any, status: int, expected: tuple[DeliveryStatus, bool]) -> None:
    with ApiServer(status=status, body='{"Message": "no"}') as server:
        outcome = send(settings, server)
    assert (outcome.status, outcome.is_fault) == expected, outcome
    assert len(server.requests) == 1
    assert "secret-token" not in outcome.reply and outcome.reply


def test_a_recipient_whom_the_provider_refuses_is_failed(settings: Any) -> None:
    said = {"ErrorCode": 406, "Message": "Found inactive addresses: ana@farm.example. Inactive recipients are"}
    with ApiServer(status=422, body=json.dumps(said)) as server:
        outcome = send(settings, server)
    assert (outcome.status, outcome.is_fault) == FAILED


@pytest.mark.parametrize("body", ["", "no JSON", "[]", "{}"])
def test_a_yes_that_makes_no_sense_is_uncertain(settings: Any, body: str) -> None:
    with ApiServer(body=body) as server:
        assert send(settings, server).status is DeliveryStatus.UNCERTAIN


# --- connections -------------------------------------------------------------------------------------------------

BROKEN = ["close-at-once", "close-in-head", "close-in-body", "close-after-body", "silent", "garbage", "half"]


@pytest.mark.parametrize("way", BROKEN)
def test_a_call_that_breaks_off_once_begun_is_uncertain_and_never_repeated(settings: Any, way: str) -> None:
    with ApiServer(way) as server:
        outcome = send(settings, server)
    assert (outcome.status, outcome.is_lost) == (DeliveryStatus.UNCERTAIN, True), outcome
    assert len(server.requests) <= 1 and server.connections == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_listening_is_a_fault_and_nobodys_doubt(settings: Any, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = send(settings, url=f"{scheme}://127.0.0.1:{port}/")
    assert (outcome.status, outcome.is_fault) == FAULT, outcome


def test_a_name_that_nobody_knows_is_a_fault(settings: Any) -> None:
    assert send(settings, url="https://api.nowhere.invalid/").status is DeliveryStatus.POSTPONED


def test_a_server_that_speaks_no_tls_has_been_told_nothing(settings: Any) -> None:
    with ApiServer() as server:
        outcome = send(settings, url=f"https://127.0.0.1:{server.port}/")
    assert (outcome.status, outcome.is_fault) == FAULT, outcome
    assert server.requests == []


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[ApiServer]:
    """A server with a certificate that nobody vouches for."""
    if not certificate.openssl():
        pytest.skip("no openssl to make a certificate with")
    with ApiServer(tls=certificate.server_context(certificate.make_certificate(tmp_path))) as server:
        yield server


def test_a_certificate_of_a_stranger_is_a_fault_before_anything_was_told(settings: Any, stranger: ApiServer) -> None:
    outcome = send(settings, url=f"https://127.0.0.1:{stranger.port}/")
    assert (outcome.status, outcome.is_fault) == FAULT, outcome
    assert stranger.requests == []


def test_a_connection_that_the_server_closed_between_mails_costs_nobody_a_doubt(settings: Any) -> None:
    with ApiServer() as server:
        server.keeps_open = False
        client = transport(settings, server)
        fates = []
        for _ in range(4):
            fates.append(client.send(letter()).status)
            time.sleep(0.05)
    assert fates == [DeliveryStatus.SENT] * 4 and server.connections == 4


def test_a_call_can_be_cut_from_another_thread(settings: Any) -> None:
    settings.ANYMAIL["REQUESTS_TIMEOUT"] = 60
    outcomes: list[DeliveryResult] = []
    with ApiServer("silent") as server:
        client = transport(settings, server)
        client.abort()  # nothing is under way yet
        thread = threading.Thread(target=lambda: outcomes.append(client.send(letter())))
        thread.start()
        assert server.silent.wait(10)
        client.abort()
        thread.join(5)
    assert [outcome.status for outcome in outcomes] == [DeliveryStatus.UNCERTAIN]


def test_a_proxys_connections_are_watched_as_well(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer("close-after-body") as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        outcome = send(settings, url="http://api.provider.example/")
    assert outcome.status is DeliveryStatus.UNCERTAIN and len(proxy.requests) == 1


# --- as the sender uses it ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_mailing_goes_out_by_a_provider_to_each_once(settings: Any, tmp_path: Path) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    enlist(12)
    freeze()
    with ApiServer() as server:
        client = [transport(settings, server) for _ in range(3)]
        Sender(client.pop, connections=3).run(once=True)
    assert sorted(told["To"] for told in server.requests) == sorted(f"u{n}@farm.example" for n in range(12))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    names = {told["Metadata"]["delivery"] for told in server.requests}
    assert {delivery_id_from(f"{name}@x") for name in names} == set(Delivery.objects.values_list("pk", flat=True))
