"""What the SMTP client insists on: encryption if asked for, a certificate that is right, a password that holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage
from digest.mailing.smtp import SmtpServer, SmtpTransport
from tests.kill.certificate import make_certificate, openssl, server_context
from tests.kill.fault_server import FaultServer, Offer

LETTER = OutgoingMessage("bounces@digest.test", "ana@farm.example", [b"Subject: rice\r\n\r\nRain.\r\n"])
needs_openssl = pytest.mark.skipif(openssl() is None, reason="there is no openssl to make a certificate with")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(offer=Offer(pipelining=True)) as running:
        yield running


def send(server: FaultServer, url: str) -> DeliveryResult:
    client = SmtpTransport(SmtpServer.from_url(url.format(port=server.port) + "?timeout=2"), "digest.test")
    outcome = client.send(LETTER)
    client.close()
    return outcome


@needs_openssl
@pytest.mark.parametrize("at_once", [False, True], ids=["STARTTLS", "smtps"])
def test_a_trusted_server_gets_the_mail_encrypted(
    server: FaultServer, certificate: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server.offer.tls, server.offer.tls_at_once = server_context(certificate), at_once
    server.offer.users = {"digest": "rice and rain"}
    scheme = "smtps" if at_once else "smtp"
    assert send(server, scheme + "://digest:rice%20and%20rain@127.0.0.1:{port}").status is DeliveryStatus.SENT
    assert server.verbs["MAIL"] == 1 and server.verbs["MAIL in the clear"] == 0


@needs_openssl
@pytest.mark.parametrize("fault", ["", "STARTTLS:tls", "STARTTLS:454", "STARTTLS:drop", "STARTTLS:hang"])
def test_no_mail_and_no_password_goes_in_the_clear_when_tls_fails(
    server: FaultServer, certificate: Path, fault: str
) -> None:
    server.offer.tls = server_context(certificate)  # which this client does not trust
    server.offer.users = {"digest": "rice"}
    server.fail(*filter(None, [fault]))
    outcome = send(server, "smtp://digest:rice@127.0.0.1:{port}")
    assert outcome.status is DeliveryStatus.POSTPONED and outcome.is_fault
    assert server.verbs["MAIL"] == server.verbs["AUTH"] == server.ledger.count == 0


def test_a_server_without_starttls_gets_nothing_if_it_is_required(server: FaultServer) -> None:
    outcome = send(server, "smtp://127.0.0.1:{port}")
    assert outcome.status is DeliveryStatus.POSTPONED and "STARTTLS" in outcome.reply
    assert server.verbs["MAIL"] == 0


@pytest.mark.parametrize("fault", ["", "AUTH:535", "AUTH:454", "AUTH:drop"])
def test_a_password_that_does_not_hold_stops_the_sender_and_charges_nobody(server: FaultServer, fault: str) -> None:
    server.offer.users = {"digest": "rice"}
    server.fail(*filter(None, [fault]))
    client = SmtpServer("127.0.0.1", server.port, "digest", "rice" if fault else "wheat", starttls=False, timeout=2)
    outcome = SmtpTransport(client).send(LETTER)
    assert outcome.status is DeliveryStatus.POSTPONED and outcome.is_fault
    assert server.verbs["MAIL"] == 0


def test_the_password_is_in_no_reply_that_is_kept(server: FaultServer) -> None:
    server.offer.users = {"digest": "rice"}
    client = SmtpServer("127.0.0.1", server.port, "digest", "a-secret-word", starttls=False, timeout=2)
    assert "a-secret-word" not in SmtpTransport(client).send(LETTER).reply
