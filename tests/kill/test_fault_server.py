"""The fault server goes wrong exactly where it is told to, and never forgets what it accepted."""

import smtplib
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill import ledger
from tests.kill.certificate import make_certificate, openssl, server_context
from tests.kill.fault_server import FaultServer, Offer
from tests.kill.faults import Fault, Faults

MESSAGE = b"Subject: fields\r\nMessage-ID: <n17.1@digest.test>\r\n\r\n..\r\nrice\r\n"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(offer=Offer(per_byte=0.0001)) as running:
        yield running


def send(server: FaultServer, recipient: str = "ana@example.net") -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=1) as client:
        client.sendmail("bounces@digest.test", [recipient], MESSAGE)


def test_a_message_is_in_the_ledger_with_its_recipient_and_message_id(server: FaultServer) -> None:
    send(server)
    accepted = server.ledger.follow()
    assert [(a.recipient, a.message_id, a.sender) for a in accepted] == [
        ("ana@example.net", "<n17.1@digest.test>", "bounces@digest.test")
    ]
    assert server.ledger.follow() == [] and ledger.read(server.ledger.path) == accepted


REFUSALS = [
    ("CONNECT:451", smtplib.SMTPConnectError),
    ("CONNECT:421", smtplib.SMTPConnectError),
    ("CONNECT:drop", smtplib.SMTPServerDisconnected),
    ("EHLO:550", smtplib.SMTPHeloError),
    ("EHLO:drop", smtplib.SMTPServerDisconnected),
    ("MAIL:451", smtplib.SMTPSenderRefused),
    ("MAIL:drop", smtplib.SMTPServerDisconnected),
    ("RCPT:550", smtplib.SMTPRecipientsRefused),
    ("RCPT:hang", (TimeoutError, smtplib.SMTPServerDisconnected)),
    ("RCPT:garbage", smtplib.SMTPException),
    ("DATA:452", smtplib.SMTPDataError),
    ("DATA:drop", smtplib.SMTPServerDisconnected),
    ("DOT:554", smtplib.SMTPDataError),
    ("DOT:421", smtplib.SMTPDataError),
    ("DOT:drop", smtplib.SMTPServerDisconnected),
    ("DOT:endless", (TimeoutError, smtplib.SMTPException)),
]


@pytest.mark.parametrize(
    ("spec", "error"),
    [pytest.param(*case, marks=[pytest.mark.full] if number % 4 else []) for number, case in enumerate(REFUSALS)],
)
def test_a_fault_before_acceptance_keeps_nothing(server: FaultServer, spec: str, error: type[Exception]) -> None:
    server.fail(spec)
    with pytest.raises(error):
        send(server)
    assert server.ledger.count == 0 and server.faults.drawn[spec] >= 1


@pytest.mark.parametrize("spec", ["DOT:accept-drop", "DOT:accept-hang"])
def test_a_message_can_be_accepted_and_nobody_told(server: FaultServer, spec: str) -> None:
    server.fail(spec)
    with pytest.raises((smtplib.SMTPServerDisconnected, TimeoutError)):
        send(server)
    assert server.ledger.count == 1


def test_slow_answers_are_answers(server: FaultServer) -> None:
    server.fail("MAIL:slow", "DOT:slow")
    send(server)
    assert server.ledger.count == 1


def test_a_fault_can_be_for_one_recipient_and_for_a_number_of_times(server: FaultServer) -> None:
    server.fail("RCPT:550/poison", "MAIL:451x1")
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(server)
    send(server)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(server, "poison@example.net")


def test_commands_sent_at_once_are_answered_at_once(server: FaultServer) -> None:
    server.offer.pipelining = True
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        answers = client.makefile("rb")
        client.sendall(b"EHLO me\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n")
        codes = [line[:3] for line in iter(answers.readline, b"354 go on\r\n") if line[3:4] == b" "]
        client.sendall(MESSAGE + b".\r\nQUIT\r\n")
        assert codes == [b"220", b"250", b"250", b"250"]
        assert [answers.readline()[:3] for _ in range(2)] == [b"250", b"221"]
    assert server.ledger.count == 1


def test_a_wrong_password_is_refused_and_a_right_one_welcome(server: FaultServer) -> None:
    server.offer.users = {"digest": "rice"}
    with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("digest", "wheat")
        client.login("digest", "rice")
        client.sendmail("a@b.c", ["d@e.f"], MESSAGE)


@pytest.mark.skipif(openssl() is None, reason="there is no openssl to make a certificate with")
def test_it_speaks_tls_and_fails_in_the_handshake_if_told(server: FaultServer, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    server.offer.tls = server_context(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client:
        client.starttls(context=trusting)
        client.sendmail("a@b.c", ["d@e.f"], MESSAGE)
    server.fail("STARTTLS:tls")
    with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client, pytest.raises(ssl.SSLError):
        client.starttls(context=trusting)
    assert server.verbs["MAIL in the clear"] == 0


def test_it_runs_as_a_process_whose_ledger_outlives_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.kill.fault_server", "--ledger", str(tmp_path / "ledger")]
    with subprocess.Popen([*command, "--fault", "DOT:accept-drop"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client, pytest.raises(smtplib.SMTPServerDisconnected):
            client.sendmail("a@b.c", ["d@e.f"], MESSAGE)
        process.kill()
    assert [a.recipient for a in ledger.read(tmp_path / "ledger")] == ["d@e.f"]


def test_chance_is_the_same_for_the_same_seed() -> None:
    drawn = [[Faults(["RCPT:451@0.5"], seed).draw("RCPT") for _ in range(3)] for seed in (7, 7)]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("spec", ["RCPT", "RCPT:251", "NOOP:drop", "DOT:explode", "MAIL:451@often"])
def test_a_fault_that_does_not_exist_is_told(spec: str) -> None:
    with pytest.raises(ValueError, match="not a fault"):
        Fault.parse(spec)
