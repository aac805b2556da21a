"""A database file that somebody else holds, or that cannot grow any more, while mail goes out [S8, S9]."""

import contextlib
import multiprocessing
import os
import resource
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import OperationalError, connections
from django.test import Client

from digest.archive.models import Issue
from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing
from digest.subscriptions import limits
from digest.subscriptions.models import Subscriber
from tests.factories import make_issue, make_item, make_placement
from tests.kill import audience
from tests.kill.judge import Result
from tests.kill.scenarios.base import LIMIT, Scene, line, scene
from tests.kill.workers import Worker, tail, until
from tests.subscriptions.forms import subscribe

FULL = 64 * 1024  # bytes that a file of the sender may have: less than its database has already
NO_ROOM = 28  # exit code of a freeze that found none: ENOSPC
BUSY = 20  # seconds that our SQLite waits for a lock
WRITERS = 50
PUT_OFF = 503
WHOLE: tuple[dict[str, str], ...] = ({"consent_events__kind": "requested"}, {"notices__kind": "confirm"})
WAIT = 60  # seconds until it has to send again, on a slow machine


def locked(short: bool) -> list[Result]:
    """The write lock held for longer and longer; the last time beyond the busy timeout of 20 s."""
    number, spells = (300, (1, 3)) if short else (10_000, (1, 5, 30))
    with scene("S8", number, delay=0.004) as stage:
        crew = stage.crew(1, 4)
        for seconds in spells:
            _let_some_go(stage)
            with contextlib.closing(_other()) as other:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
                other.execute("ROLLBACK")
            stage.events += 1
            _has_to_go_on(stage, crew.workers[0].is_alive)
        until(lambda: not crew.workers[0].is_alive, 600)
        stage.finish(4)
        fault = f"write lock held for {', '.join(map(str, spells))} s"
        return [
            stage.judge.verdict(line("S8", fault, f"{number:,} mails, 1 × 4 connections")),
            _writers(spells),
        ]


def _writers(spells: tuple[int, ...]) -> Result:
    """Fifty people subscribe while the lock is held: a 503 only beyond the busy timeout, and never half a row."""
    since = time.monotonic()
    fault = f"write lock held for {', '.join(map(str, spells))} s"
    result = line("S8", fault, f"{len(spells)} × {WRITERS} people subscribe")
    limits.may_send = lambda *arguments: True  # type: ignore[assignment]  # the lock is on trial
    late = 0
    for seconds in spells:
        addresses = [f"writer{seconds}-{number}@{audience.DOMAIN}" for number in range(WRITERS)]
        with contextlib.closing(_other()) as other, ThreadPoolExecutor(WRITERS) as pool:
            other.execute("BEGIN IMMEDIATE")
            answers = [pool.submit(_subscribe, address) for address in addresses]
            time.sleep(seconds)
            other.execute("ROLLBACK")
        told = Counter(answer.result() for answer in answers)
        late += told[PUT_OFF]
        rows = Subscriber.objects.filter(address__in=addresses)
        done = [rows.count(), *(rows.filter(**whole).distinct().count() for whole in WHOLE)]
        if done != [told[200]] * 3 or told[200] + told[PUT_OFF] != WRITERS:
            result.wrong.append(f"after {seconds} s: {dict(told)}; subscribers, with proof, with mail: {done}")
        if bool(told[PUT_OFF]) != (seconds > BUSY):
            result.wrong.append(f"{told[PUT_OFF]} were put off after {seconds} s")
    result.note = f"{late} put off with a 503, beyond the busy timeout"
    result.seconds = round(time.monotonic() - since, 1)
    return result


def _subscribe(address: str) -> int:
    try:
        answer = subscribe(address, Client(headers={"host": "digest.test"}))
        return answer.status_code if answer.status_code != PUT_OFF or "Retry-After" in answer else 0
    finally:
        connections.close_all()


def full(short: bool) -> list[Result]:
    return [_sending(short), _freezing(short)]


def _sending(short: bool) -> Result:
    """No file may grow, then it may again: what cannot be written down is not sent meanwhile."""
    number, spells, seconds = (300, 1, 1) if short else (10_000, 5, 5)
    connections = 4
    with scene("S9", number, delay=0.004) as stage:
        crew = stage.crew(1, connections)
        worker = crew.workers[0]
        wrong: list[str] = []
        for _ in range(spells):
            _let_some_go(stage)
            waits = _waits(worker)
            before = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (FULL, before[1]))
            if not until(lambda: _waits(worker) > waits, WAIT):  # noqa: B023
                wrong.append("the files could still grow: nothing was tried")
            count = stage.server.ledger.count
            time.sleep(seconds)
            if (late := stage.server.ledger.count - count) > connections:  # those were fenced before
                wrong.append(f"{late} sent while nothing could be written down")
            resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, before)
            stage.events += 1
            _has_to_go_on(stage, worker.is_alive)
        until(lambda: not worker.is_alive, 600)
        if worker.code:
            wrong.append(f"ended with {worker.code}:\n{tail(worker.log)}")
        stage.finish(connections)
        load = f"{number:,} mails, 1 × {connections} connections"
        result = stage.judge.verdict(line("S9", f"{stage.events} × no room to write", load))
        result.wrong += wrong
        result.note = f"the sender waited {_waits(worker)} times"
        return result


def _freezing(short: bool) -> Result:
    """No room in the middle of a freeze: nobody has a row, and the issue can be sent once there is room again."""
    since = time.monotonic()
    number, room = (2_000, FULL) if short else (100_000, 2**21)
    audience.dismiss()
    audience.enlist(number, prefix="crowd-")
    issue = make_issue("99")
    make_placement(make_item(), issue)
    connections.close_all()
    freezer = multiprocessing.get_context("fork").Process(target=_freeze_in, args=(issue.pk, room))
    freezer.start()
    freezer.join(LIMIT)
    result = line("S9", "no room to write in the middle of the freeze", f"{number:,} subscribers")
    left = Mailing.objects.filter(issue=issue).count() + Delivery.objects.filter(mailing__issue=issue).count()
    if freezer.exitcode != NO_ROOM or left:
        result.wrong.append(f"ended with {freezer.exitcode}, {left} rows left of it")
    mailing = outbox.start(issue)
    if not mailing.audience == Delivery.objects.filter(mailing=mailing).count() == number:
        result.wrong.append(f"an audience of {mailing.audience} afterwards")
    result.note = f"{left} rows left of it; {mailing.audience:,} with room again"
    result.seconds = round(time.monotonic() - since, 1)
    return result


def _freeze_in(issue_id: int, room: int) -> None:
    """Start the mailing with so many bytes that any file may have."""
    issue = Issue.objects.get(pk=issue_id)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        outbox.start(issue)
    except OperationalError:
        os._exit(NO_ROOM)


def _waits(worker: Worker) -> int:
    return worker.log.read_text(errors="replace").count("not available, waiting")


def _other() -> sqlite3.Connection:
    return sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None, timeout=30)


def _let_some_go(stage: Scene) -> None:
    target = stage.server.ledger.count + min(20, stage.left)
    until(lambda: stage.server.ledger.count >= target, WAIT)


def _has_to_go_on(stage: Scene, is_alive: bool) -> None:
    count = stage.server.ledger.count
    if stage.left and not until(lambda: stage.server.ledger.count > count, WAIT):
        stage.judge.wrong.append(f"sent nothing more within {WAIT} s (alive: {is_alive})")
    stage.judge.sample()
