"""A database file that somebody else holds, or that cannot grow any more, while mail goes out [S8, S9]."""

import contextlib
import resource
import sqlite3
import time

from django.conf import settings

from tests.kill.judge import Result
from tests.kill.scenarios.base import Scene, line, scene
from tests.kill.workers import Worker, tail, until

FULL = 64 * 1024  # bytes that a file of the sender may have: less than its database has already
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
        return [stage.judge.verdict(line("S8", fault, f"{number:,} mails, 1 × 4 connections"))]


def full(short: bool) -> list[Result]:
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
        return [result]


def _waits(worker: Worker) -> int:
    return worker.log.read_text(errors="replace").count("cannot be used, waiting")


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
