"""Our SMTP client against each fault at each verb: what may be repeated, what may not, and what stops the sender."""

from collections.abc import Iterator

import pytest

from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage
from digest.mailing.smtp import SmtpServer, SmtpTransport
from tests.kill.fault_server import FaultServer, Offer

LIMIT = 5.0  # seconds for each verb
SILENT = 0.2  # the same where the server will be silent, which costs a test this much
BODY = [b"Subject: rice\r\nMessage-ID: <m1.1@digest.test>\r\n\r\n", b"Rice and rain.\r\n" * 40]


@pytest.fixture(params=[False, True], ids=["one by one", "pipelined"])
def server(request: pytest.FixtureRequest) -> Iterator[FaultServer]:
    with FaultServer(offer=Offer(pipelining=request.param, per_byte=0.0005, keep=1)) as running:
        yield running


def transport(server: FaultServer) -> SmtpTransport:
    is_silent = any(fault.way.endswith(("hang", "endless")) for fault in server.faults.faults)
    limit = SILENT if is_silent else LIMIT
    return SmtpTransport(SmtpServer.from_url(f"{server.url}&timeout={limit}"), "digest.test")


def letter(recipient: str = "ana@farm.example") -> OutgoingMessage:
    return OutgoingMessage("bounces+1@digest.test", recipient, BODY)


def send_one(server: FaultServer) -> DeliveryResult:
    client = transport(server)
    outcome = client.send(letter())
    client.close()
    return outcome


SENT, DEFERRED, FAILED = DeliveryStatus.SENT, DeliveryStatus.DEFERRED, DeliveryStatus.FAILED
UNCERTAIN, POSTPONED = DeliveryStatus.UNCERTAIN, DeliveryStatus.POSTPONED
BROKEN = ("drop", "reset", "hang", "garbage", "endless")  # nothing that could be called an answer
CELLS = [
    # Before a mail is on its way the fault is the server's: the recipient is not charged with it.
    *((f"{stage}:{way}", POSTPONED) for stage in ("CONNECT", "EHLO") for way in ("451", "550", "421", *BROKEN)),
    *((f"MAIL:{way}", POSTPONED) for way in ("451", "550", "421")),
    # Until the final dot a lost connection is safe to repeat.
    *((f"{stage}:{way}", DEFERRED) for stage in ("MAIL", "RCPT", "DATA") for way in BROKEN),
    *((f"{stage}:{code}", fate) for stage in ("RCPT", "DATA") for code, fate in (("451", DEFERRED), ("550", FAILED))),
    *((f"{stage}:{code}", POSTPONED) for stage in ("RCPT", "DATA", "DOT") for code in ("421", "454")),
    # After it only an answer tells.
    ("DOT:451", DEFERRED),
    ("DOT:554", FAILED),
    *((f"DOT:{way}", UNCERTAIN) for way in (*BROKEN, "accept-drop", "accept-hang")),
    # A slow answer is an answer, and after the last mail nothing matters any more.
    *((f"{stage}:slow", SENT) for stage in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT")),
    *((f"QUIT:{way}", SENT) for way in ("451", "550", "421", "slow", "nul", *BROKEN)),
    ("DOT:nul", SENT),
]


@pytest.mark.parametrize(("fault", "fate"), CELLS)
def test_each_fault_has_the_one_right_fate(server: FaultServer, fault: str, fate: DeliveryStatus) -> None:
    if fault.endswith(("hang", "endless")) and not server.offer.pipelining:
        pytest.skip("waiting for a silent server once is enough")
    server.fail(fault)
    outcome = send_one(server)
    assert outcome.status is fate, outcome
    assert server.faults.drawn[fault] >= 1
    assert server.ledger.count == (1 if fate is SENT or "accept" in fault else 0)
    assert outcome.is_fault == (fate is POSTPONED)
    assert outcome.reply


@pytest.mark.parametrize("fault", ["BODY:drop", "BODY:reset", "BODY:hang"])
def test_a_connection_lost_in_the_text_is_never_called_refused(server: FaultServer, fault: str) -> None:
    server.fail(fault)
    # All of a short text may be on its way, dot and all, before its sender learns of anything.
    assert send_one(server).status in (DEFERRED, UNCERTAIN)


def test_many_mails_go_over_one_connection_whatever_single_ones_meet(server: FaultServer) -> None:
    server.fail("RCPT:550/gone@", "RCPT:451/full@", "DOT:554/spam@")
    client = transport(server)
    names = ["a", "gone", "b", "full", "c", "spam", "d"]
    fates = [client.send(letter(f"{name}@farm.example")).status for name in names]
    assert fates == [SENT, FAILED, SENT, DEFERRED, SENT, FAILED, SENT]
    assert server.verbs["EHLO"] == 1


def test_a_server_that_hangs_up_between_mails_costs_nobody_a_try(server: FaultServer) -> None:
    client = transport(server)
    assert client.send(letter("a@farm.example")).status is SENT
    server.fail("MAIL:421x1")
    assert client.send(letter("b@farm.example")).status is SENT
    server.fail("MAIL:dropx1")
    assert client.send(letter("c@farm.example")).status is SENT
    assert [a.recipient[0] for a in server.ledger.follow()] == ["a", "b", "c"]


def test_a_server_that_takes_data_for_nobody_gets_an_empty_mail_and_the_next_one_whole(server: FaultServer) -> None:
    server.offer.eager = True
    server.fail("RCPT:550/gone@")
    client = transport(server)
    assert client.send(letter("gone@farm.example")).status is FAILED
    assert client.send(letter()).status is SENT
    assert [recipient for recipient, _ in server.kept] == ["ana@farm.example"]


def test_what_arrives_is_what_was_sent(server: FaultServer) -> None:
    send_one(server)
    assert server.kept == [("ana@farm.example", b"".join(BODY))]


def test_no_server_at_all_is_a_fault_of_the_server() -> None:
    with FaultServer() as server:
        pass
    outcome = send_one(server)
    assert outcome.status is POSTPONED and outcome.is_fault
