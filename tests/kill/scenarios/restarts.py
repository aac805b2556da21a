"""A database that is thrown down without a shutdown while senders work and people choose [S6]."""

import itertools
import logging
import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Self

from django.db import connection
from django.test import Client

from digest.subscriptions import tokens
from digest.subscriptions.models import ConsentEvent
from tests.kill import audience
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
    with scene("S6", number, delay=0.005) as stage, _Visitors() as visitors:
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
        visitors.leave()
        stage.finish(4)
        load = f"{number:,} mails, 2 × 4 connections"
        result = stage.judge.verdict(line("S6", f"{stage.events} × pg_ctl restart -m immediate", load))
        result.bound = stage.events * 2 * 4
        result.note = f"sending again after {slowest:.1f} s at most"
        result.note += f"; of {visitors.told.total():,} requests {visitors.told[503]:,} answered with a 503"
        result.wrong += visitors.wrong()
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


class _Visitors:
    """Two people at the web pages all the time: one asks for the portal's health, one keeps changing their choices."""

    def __init__(self) -> None:
        self.told: Counter[int] = Counter()
        self._has_left = threading.Event()
        self._threads = [threading.Thread(target=task) for task in (self._look, self._choose)]
        self._chooser = audience.enlist(1, prefix="visitor-")[0]

    def __enter__(self) -> Self:
        logging.disable(logging.CRITICAL)  # a traceback for each 503
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        self._has_left.set()
        for thread in self._threads:
            thread.join()
        logging.disable(logging.NOTSET)

    def wrong(self) -> list[str]:
        """Answers but 200 and 503, and changes that were half done: each is a row's, and an event that tells of it."""
        found = [f"answers {dict(self.told)}"] if set(self.told) != {200, 503} else []
        events = ConsentEvent.objects.filter(subscriber=self._chooser).order_by("pk").values_list("detail", flat=True)
        steps = [detail["sections"] for detail in events]
        self._chooser.refresh_from_db()
        ends = [step[1] for step in [["", ""], *steps]]
        if [step[0] for step in steps] != ends[:-1] or self._chooser.sections != ends[-1] or not steps:
            found.append(f"{len(steps)} changes that do not follow from each other")
        return found

    def _look(self) -> None:
        while not self._has_left.wait(0.01):
            self._note(self._client().get("/healthz").status_code)

    def _choose(self) -> None:
        page = f"/en/subscribe/preferences/{tokens.make(tokens.Purpose.PREFERENCES, self._chooser)}/"
        for section in itertools.cycle(["news", "data"]):
            if self._has_left.wait(0.01):
                break
            chosen = {"do": "save", "language": "en", "sections": [section], "rhythm": "issue", "paused_until": ""}
            self._note(self._client().post(page, chosen).status_code)

    def _client(self) -> Client:
        return Client(raise_request_exception=False, headers={"host": "digest.test"})

    def _note(self, status: int) -> None:
        self.told[status] += 1
        if status != 200:
            connection.close()  # as Django does before each request, but not with its test client
