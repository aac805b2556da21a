"""Each fault at each verb: the one right state while it lasts, and the right end after it [S10]."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from digest.mailing.models import Delivery, OutboxState
from tests.kill import audience
from tests.kill.certificate import make_certificate, openssl, server_context
from tests.kill.judge import Result
from tests.kill.scenarios.base import DAY, Scene, line, scene
from tests.kill.workers import Worker, until

RECIPIENTS = 20
CONNECTIONS = 2
LIMIT, PATIENT = 2, 60  # seconds for each verb, where the server says nothing and where it does
OPERATIONS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT", "QUIT")
WAYS = ("451", "550", "421", "drop", "hang", "garbage", "slow")
IN_SHORT = ("CONNECT:drop", "RCPT:550", "DOT:garbage", "DOT:nul", "DOT:accept-drop", "STARTTLS:tls")


@dataclass(frozen=True)
class Expected:
    during: str  # the state of all who were tried; others are still pending
    after: str  # the state of those in the end, when nothing is wrong any more
    is_fault: bool = False  # the sender has to pause


SENT = Expected("sent", "sent")
HELD = Expected("uncertain", "uncertain")
REFUSED = Expected("failed", "failed")
DEFERRED = Expected("deferred", "sent")
PAUSED = Expected("pending", "sent", is_fault=True)


def expected(fault: str) -> Expected:
    """Table 1.3 and rules Q5 to Q7, cell by cell."""
    verb, way = fault.split(":")
    if way in ("slow", "nul") or verb == "QUIT":
        return SENT
    if verb in ("CONNECT", "EHLO", "STARTTLS", "AUTH") or way == "421" or (verb == "MAIL" and way.isdigit()):
        return PAUSED
    if way.isdigit():
        return DEFERRED if way.startswith("4") else REFUSED
    return HELD if verb == "DOT" else DEFERRED


def every_cell(short: bool) -> list[Result]:
    cells = [f"{verb}:{way}" for verb in OPERATIONS for way in WAYS]
    cells += ["DOT:accept-drop", "AUTH:535", "DOT:nul"] + (["STARTTLS:tls"] if openssl() else [])
    total = line("S10", "", f"{RECIPIENTS} mails a cell, 1 × {CONNECTIONS} connections")
    tried = 0
    for fault in cells:
        if not short or fault in IN_SHORT:
            _add(total, _cell(fault))
            tried += 1
    total.fault = f"{tried} cells of verb × fault"
    total.note = f"{len(total.wrong)} wrong"
    return [total]


def _add(total: Result, cell: Result) -> None:
    for name in ("lost", "duplicates", "uncertain", "accepted", "bound", "seconds"):
        setattr(total, name, getattr(total, name) + getattr(cell, name))
    if not cell.passed:
        total.wrong.append(f"{cell.fault}: lost {cell.lost}, uncertain {cell.uncertain}: {'; '.join(cell.wrong)}")
    total.seconds = round(total.seconds, 1)


def _cell(fault: str) -> Result:
    wanted = expected(fault)
    with scene(fault, RECIPIENTS, delay=0) as stage:
        url = _prepare(stage, fault)
        OutboxState.objects.update(faults=0, paused_until=None)
        result = line("S10", fault, "")
        stage.server.fail(fault)
        worker = Worker(url, CONNECTIONS)
        # Either it comes to an end by itself, or it has paused and tried again.
        until(lambda: not worker.is_alive or OutboxState.objects.filter(faults__gte=2).exists(), 60, step=0.05)
        ended = not worker.is_alive
        if not ended and worker.terminate() > 50:
            result.wrong.append("hangs")
        stage.judge.sample()
        result.wrong += _look(stage, wanted, ended)
        if stage.server.verbs["MAIL in the clear"]:
            result.wrong.append("went on in the clear")
        tried = Counter(audience.states(stage.mailing).values())[wanted.during]
        _heal(stage, fault)
        stage.finish(CONNECTIONS)
        result = stage.judge.verdict(result, refused=RECIPIENTS if wanted is REFUSED else 0)
        result.bound = tried if wanted is HELD else 0
        if result.accepted != (result.uncertain if "accept" in fault else 0):
            result.wrong.append(f"{result.accepted} accepted of {result.uncertain} uncertain")
        return result


def _look(stage: Scene, wanted: Expected, ended: bool) -> list[str]:
    """What is wrong with the states while the fault lasts."""
    wrong = []
    count = Counter(audience.states(stage.mailing).values())
    if set(count) - {wanted.during, "pending"} or not count[wanted.during]:
        wrong.append(f"{dict(count)} instead of {wanted.during}")
    if wanted in (SENT, REFUSED) and count["pending"]:
        wrong.append(f"{count['pending']} not tried")
    if wanted.is_fault and (ended or Delivery.objects.filter(mailing=stage.mailing, attempts__gt=0).exists()):
        wrong.append("did not pause, or charged the recipients")
    return wrong


def _prepare(stage: Scene, fault: str) -> str:
    """Offer what this fault needs; the address for the sender."""
    limit = LIMIT if fault.endswith("hang") else PATIENT
    if fault.startswith("STARTTLS"):
        certificate = make_certificate(Path(os.environ["KILL_FOLDER"]))
        stage.server.offer.tls = server_context(certificate)
        return f"smtp://127.0.0.1:{stage.server.port}?timeout={limit}"
    if fault.startswith("AUTH"):
        stage.server.offer.users = {"digest": "rice"}
        return f"smtp://digest:rice@127.0.0.1:{stage.server.port}?starttls=off&timeout={limit}"
    return f"{stage.server.url}&timeout={limit}"


def _heal(stage: Scene, fault: str) -> None:
    stage.server.fail()
    stage.server.offer.tls = None
    stage.server.offer.users = {}
    audience.pass_time(DAY)
