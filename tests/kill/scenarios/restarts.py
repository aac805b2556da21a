"""A database that is thrown down without a shutdown while senders work [S6]."""

import os
import time
from pathlib import Path

from django.db import connection

from tests.kill.cluster import restart_immediately
from tests.kill.judge import Result
from tests.kill.ledger import Ledger
from tests.kill.scenarios.base import line, scene
from tests.kill.workers import tail, until

BACK = 5.0  # seconds until the first mail after the database is there again
SLOW = 5  # a test machine may be this much slower than promised


def database(short: bool) -> list[Result]:
    number, restarts = (500, 2) if short else (10_000, 20)
    slowest = 0.0
    with scene("S6", number, delay=0.005) as stage:
        crew = stage.crew(2, 4)
        while stage.events < restarts and stage.left > 0:
            crew.tend()
            count = stage.server.ledger.count
            target = count + stage.chance.randint(1, max(1, int(1.6 * stage.left / (restarts - stage.events))))
            if not until(lambda: stage.server.ledger.count >= min(target, number - 1), 60):  # noqa: B023
                break
            connection.close()
            restart_immediately(Path(os.environ["KILL_CLUSTER"]))
            stage.events += 1
            slowest = max(slowest, _seconds_until_next(stage.server.ledger, number))
            stage.judge.sample()
        stage.finish(4)
        load = f"{number:,} mails, 2 × 4 connections"
        result = stage.judge.verdict(line("S6", f"{stage.events} × pg_ctl restart -m immediate", load))
        result.bound = stage.events * 2 * 4
        result.note = f"sending again after {slowest:.1f} s at most"
        if crew.odd_ends:
            result.wrong.append(f"{crew.odd_ends} senders ended with an error:\n{tail(crew.workers[0].log)}")
        if slowest > BACK * (SLOW if short else 1):
            result.wrong.append(f"sent nothing for {slowest:.1f} s")
        return [result]


def _seconds_until_next(ledger: Ledger, number: int) -> float:
    count, since = ledger.count, time.monotonic()
    if count < number - 50:  # near the end there may be no next one
        until(lambda: ledger.count > count, 120)
        return time.monotonic() - since
    return 0.0
