"""Senders that are killed, frozen, or asked to end, at random moments [S1, S2, S4, S5, S19].

Only those count that are in the middle of a mail: to kill one that is starting proves little. What was in the middle
then is what has to be uncertain in the end, not one more and not one less.
"""

import time
from collections import defaultdict

from django.db import OperationalError

from digest.mailing import outbox
from digest.mailing.message_ids import delivery_id_from
from digest.mailing.models import Delivery
from tests.kill import audience
from tests.kill.judge import Result
from tests.kill.ledger import read
from tests.kill.scenarios.base import LIMIT, Scene, line, scene
from tests.kill.workers import Crew, Worker, until

STOP_LIMIT = 10.0  # seconds from SIGTERM to the end
SLOW = 5  # a test machine may be this much slower than promised


def one_sender(short: bool) -> list[Result]:
    number, kills = (400, 6) if short else (10_000, 200)
    runs = [killed("S1", number, kills, 1, connections) for connections in ((8,) if short else (1, 8))]
    return [line for run in runs for line in run]


def many_senders(short: bool) -> list[Result]:
    number, kills = (400, 4) if short else (20_000, 200)
    runs = [killed("S2", number, kills, *crew) for crew in (((2, 4),) if short else ((2, 1), (4, 1), (2, 8)))]
    return [line for run in runs for line in run]


def killed(id: str, number: int, kills: int, senders: int, connections: int, way: str = "") -> list[Result]:
    """Its line, and that of an operator who then sends again to all who are uncertain [S4]."""
    with scene(f"{id} {senders} {connections}", number, delay=0.004) as stage:
        crew = stage.crew(senders, connections, way)
        at_rest = kill_at_random(stage, crew, kills, alone=senders == 1, blindly=way == "ahead")
        stage.finish(connections, way=way)
        load = f"{number:,} mails, {senders} × {connections} connections"
        result = _verdict(stage, line(id, f"{stage.events} × kill -9", load), kills, connections)
        result.note = f"{stage.judge.samples} samples" + (f"; {at_rest} more killed at rest" if at_rest else "")
        return [result] if way else [result, _sent_again(stage, load, connections)]


def _sent_again(stage: Scene, load: str, connections: int) -> Result:
    since = time.monotonic()
    before = stage.judge.copies.copy()
    chosen = {pk for pk, state in audience.states(stage.mailing).items() if state == Delivery.State.UNCERTAIN}
    count = outbox.resend_uncertain(stage.mailing)
    code = Worker(stage.server.url, connections).wait(LIMIT)
    stage.server.drain()
    ids: defaultdict[int | None, list[str]] = defaultdict(list)
    for told in read(stage.server.ledger.path):
        ids[delivery_id_from(told.message_id)].append(told.message_id)
    result = line("S4", f"{count} sent again by an operator", load)
    result.lost = sum(1 for state in audience.states(stage.mailing).values() if state != Delivery.State.SENT)
    result.duplicates = sum(len(copies) - 1 for pk, copies in ids.items() if pk not in chosen)
    second = sum(1 for pk in chosen if before[pk])
    result.note = f"{second} of them had it: a second copy with the same Message-ID"
    if code or count != len(chosen) or any(len(ids[pk]) != 1 + bool(before[pk]) for pk in chosen):
        result.wrong.append(f"exit code {code}; {count} of {len(chosen)}; not one more copy each")
    if odd := [pk for pk, copies in ids.items() if len(set(copies)) != 1]:
        result.wrong.append(f"{len(odd)} with another Message-ID than before")
    result.seconds = round(time.monotonic() - since, 1)
    return result


def _verdict(stage: Scene, result: Result, events: int, connections: int) -> Result:
    stage.judge.verdict(result)
    result.bound = stage.events * connections
    if stage.events < events:
        result.wrong.append(f"{stage.events} of {events} came about")
    if result.uncertain != stage.exposed:
        result.wrong.append(f"{result.uncertain} uncertain, and {stage.exposed} were in the middle of it")
    return result


def kill_at_random(stage: Scene, crew: Crew, kills: int, *, alone: bool, blindly: bool = False) -> int:
    """After a random number of mails each time. One who is alone is also killed at any time, even before its work.

    `blindly`, without looking who is in the middle of a mail: who notes mails as sent before they are never is.
    Returns how often that was, as it does not count.
    """
    at_rest = idle = 0
    pace = stage.open / kills
    while stage.events < kills and stage.open > 0 and idle < 200:
        crew.tend()
        if alone and stage.chance.random() < 0.1:
            time.sleep(stage.chance.random() * 0.3)
            targets = crew.workers
        else:
            some = _reached(stage, crew, _target(stage, kills))
            targets = (crew.workers if blindly else crew.at_work()) if some else []
        if not targets:
            idle += 1  # what is due is being set free by the others
            time.sleep(0.1)
            continue
        worker = stage.chance.choice(targets)
        worker.kill()
        fenced = audience.bury(worker.name)
        stage.exposed += fenced
        stage.events += bool(fenced) or blindly
        at_rest += not (fenced or blindly)
        idle = 0
        # The others go on while the judge looks at thousands of rows: not if there would be too few mails left.
        if alone or stage.open > pace / 2 * (kills - stage.events):
            stage.judge.sample()
    return at_rest


def _target(stage: Scene, events: int) -> int:
    """So many mails until the next event: at random, somewhat more than half a share, so that all find some left."""
    gap = int(1.2 * stage.open / (events - stage.events + 1))
    return stage.server.ledger.count + stage.chance.randint(1, max(1, gap))


def _reached(stage: Scene, crew: Crew, target: int) -> bool:
    """Whether that many mails were accepted before all senders had ended by themselves; a moment more or less."""

    def is_over() -> bool:
        return stage.server.ledger.count >= target or not any(worker.is_alive for worker in crew.workers)

    until(is_over, 120, step=0.002)
    time.sleep(stage.chance.random() * 0.01)
    return stage.server.ledger.count >= target


def frozen(short: bool, way: str = "") -> list[Result]:
    number, pauses = (250, 1) if short else (5_000, 20)
    connections = 2
    with scene("S5", number, delay=0.02) as stage:
        audience.wait_for_locks(2)
        crew = stage.crew(2, connections, way)
        while stage.events < pauses and stage.open > connections:
            crew.tend()
            target = stage.server.ledger.count + stage.chance.randint(1, max(1, stage.open // (4 * pauses)))
            if not _reached(stage, crew, target):
                break
            if worker := _freeze_one(stage, crew):
                # Others take up what it held, and send some of it.
                goal = stage.server.ledger.count + min(60, stage.open // 2)
                until(lambda: stage.server.ledger.count >= goal, 60, step=0.05, each=crew.tend)  # noqa: B023
                worker.thaw()
                stage.judge.sample()
        stage.finish(connections, way=way)
        load = f"{number:,} mails, 2 × {connections} connections"
        result = line("S5", f"{stage.events} × SIGSTOP beyond the lease, SIGCONT", load)
        result = _verdict(stage, result, pauses, connections)
        late = crew.workers[0].log.read_text(errors="replace").count("no longer ours")
        result.note = f"{late} late writes rejected"
        return [result]


def _freeze_one(stage: Scene, crew: Crew) -> Worker | None:
    """In the middle of a mail, but not of a write to the database: nobody could take its rows before it wakes."""
    if not (targets := crew.at_work()):
        return None
    worker = stage.chance.choice(targets)
    worker.freeze()
    try:
        fenced = audience.expire(worker.name)
    except OperationalError:
        fenced = 0
    if not fenced:
        worker.thaw()
        return None
    stage.exposed += fenced
    stage.events += 1
    return worker


def asked_to_end(short: bool) -> list[Result]:
    number, stops = (400, 4) if short else (10_000, 50)
    slowest = 0.0
    with scene("S19", number, delay=0.004) as stage:
        crew = stage.crew(1, 8)
        while stage.events < stops and stage.open > 0:
            crew.tend()
            if not _reached(stage, crew, _target(stage, stops)):
                break
            for worker in crew.at_work():
                slowest = max(slowest, worker.terminate())
                stage.events += 1
            stage.judge.sample()
        stage.finish(8)
        load = f"{number:,} mails, 1 × 8 connections"
        result = _verdict(stage, line("S19", f"{stage.events} × SIGTERM", load), stops, connections=0)
        result.note = f"ended in {slowest:.1f} s at most"
        if slowest > STOP_LIMIT * (SLOW if short else 1):
            result.wrong.append(f"took {slowest:.1f} s to end")
        return [result]
