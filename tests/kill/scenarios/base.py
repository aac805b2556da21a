"""What scenarios begin and end with: an audience, a server, a judge; senders until nothing is left to do."""

import contextlib
import itertools
import os
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection

from digest.mailing.models import Delivery, Mailing
from tests.kill import audience
from tests.kill.fault_server import FaultServer, Offer
from tests.kill.judge import Judge, Result
from tests.kill.workers import Crew, Worker, until
from tests.mailing.email_checker import checked

_COUNT = itertools.count(1)
LIMIT = 900  # seconds that one sender may take for all that is due
DAY = 24 * 3600
CHECKED = 10  # one in so many mails that the server accepts


@dataclass
class Scene:
    server: FaultServer
    mailing: Mailing
    judge: Judge
    chance: random.Random
    events: int = 0  # kills, pauses, restarts: what was done so far
    exposed: int = 0  # mails that were between fence and outcome at such a moment
    _crews: list[Crew] = field(default_factory=list)

    @property
    def left(self) -> int:
        """About how many are still to be accepted."""
        return self.mailing.audience - self.server.ledger.count

    @property
    def open(self) -> int:
        """How many may still be sent: a kill leaves some that neither are nor will be."""
        return Delivery.objects.filter(mailing=self.mailing, state__in=Delivery.OPEN).count()

    def crew(self, number: int, connections: int, way: str = "") -> Crew:
        self._crews.append(Crew(self.server.url, number, connections, way))
        return self._crews[-1]

    def finish(self, connections: int = 1, *, rounds: int = 30, way: str = "") -> None:
        """Without further harm: those still alive come to their end, then others follow until all is settled."""
        for crew in self._crews:
            until(lambda: not any(worker.is_alive for worker in crew.workers), LIMIT)  # noqa: B023
            crew.end()
        self.server.drain()
        for _ in range(rounds):
            audience.pass_time(DAY)
            code = Worker(self.server.url, connections, way).wait(LIMIT)
            self.judge.sample()
            if code:
                self.judge.wrong.append(f"a sender ended with exit code {code}")
            if audience.is_done(self.mailing):
                break
        self.server.drain()
        self._check_mails()

    def _check_mails(self) -> None:
        """Those that the server kept, against the rules of their format (F1-F9)."""
        if not self.server.kept and audience.accepted_for_sure(self.mailing) >= CHECKED:
            self.judge.wrong.append("no mail was kept to be checked")
        for recipient, message in self.server.kept:
            try:
                checked(message, settings.SITE_URL)
            except AssertionError as error:
                self.judge.wrong.append(f"the mail to {recipient}: {error}")


@contextlib.contextmanager
def scene(name: str, number: int, *, delay: float = 0.002, language: str = "en") -> Iterator[Scene]:
    """An audience of `number`, frozen, and a server with PIPELINING that answers after `delay` seconds."""
    audience.dismiss()
    count = next(_COUNT)
    audience.enlist(number, language, f"s{count}-")
    mailing = audience.freeze(str(count))
    ledger = Path(os.environ["KILL_FOLDER"]) / f"ledger-{count}"
    with FaultServer(ledger, offer=Offer(pipelining=True, delay=delay, per_byte=0.003, keep=CHECKED)) as server:
        stage = Scene(server, mailing, Judge(mailing, server.ledger), random.Random(zlib.crc32(name.encode())))
        try:
            yield stage
        finally:
            for crew in stage._crews:
                crew.end()


def line(id: str, fault: str, load: str) -> Result:
    return Result(id, fault, load, "PostgreSQL" if connection.vendor == "postgresql" else "SQLite")
