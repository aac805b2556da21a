"""Senders that are killed, frozen, or asked to end, at random moments [S1, S2, S5, S19].

Only those count that are hit while they have a connection to the server: to kill one that is starting proves little.
"""

import os
import signal
import time

from tests.kill import audience, house
from tests.kill.judge import Result
from tests.kill.scenarios.base import Scene, line, scene
from tests.kill.workers import Crew, until

LEASE = 4  # seconds: short where others work on, so that what a killed sender held comes free again soon
STOP_LIMIT = 10.0  # seconds from SIGTERM to the end
SLOW = 5  # a test machine may be this much slower than promised


def one_sender(short: bool) -> list[Result]:
    number, kills = (400, 6) if short else (10_000, 200)
    return [killed("S1", number, kills, 1, connections) for connections in ((8,) if short else (1, 8))]


def many_senders(short: bool) -> list[Result]:
    number, kills = (400, 6) if short else (20_000, 200)
    return [killed("S2", number, kills, *crew) for crew in (((2, 4),) if short else ((2, 1), (4, 1), (2, 8)))]


def killed(id: str, number: int, kills: int, senders: int, connections: int, way: str = "") -> Result:
    alone = senders == 1
    os.environ["MAIL_LEASE_SECONDS"] = str(house.LEASE if alone else LEASE)
    with scene(f"{id} {senders} {connections}", number, delay=0.004) as stage:
        at_rest = kill_at_random(stage, stage.crew(senders, connections, way), kills, alone=alone)
        stage.finish(connections, way=way)
        load = f"{number:,} mails, {senders} × {connections} connections"
        result = stage.judge.verdict(line(id, f"{stage.events} × kill -9 at work", load))
        result.bound = stage.events * connections
        result.note = f"{stage.judge.samples} samples" + (f"; {at_rest} more killed at rest" if at_rest else "")
        if stage.events < kills:
            result.wrong.append(f"{stage.events} kills instead of {kills}")
        return result


def kill_at_random(stage: Scene, crew: Crew, kills: int, *, alone: bool) -> int:
    """After a random number of mails each time, now and then at a random time.

    One who is alone may then be hit even before its work; returns how often that was, as it does not count.
    """
    at_rest = idle = 0
    while stage.events < kills and stage.left > 0 and idle < 50:
        crew.tend()
        if stage.chance.random() < 0.1:
            time.sleep(stage.chance.random() * 0.9)
            targets = crew.workers if alone else crew.at_work()
        else:
            targets = crew.at_work() if _reached(stage, crew, _target(stage, kills)) else []
        if not targets:
            idle += 1  # all that is due is held by the dead: wait for their leases
            time.sleep(LEASE / 4)
            continue
        worker = stage.chance.choice(targets)
        is_at_work = bool(worker.connections) or not alone
        worker.kill()
        if worker.code != -signal.SIGKILL:
            continue  # it had come to its end by itself
        is_at_work |= "in-data" in stage.judge.sample().values()
        stage.events += is_at_work
        at_rest += not is_at_work
        idle = 0
        if alone:
            audience.pass_time(house.LEASE + 1)  # nobody is alive whose lease it could be
    return at_rest


def _target(stage: Scene, events: int) -> int:
    """So many mails until the next event: at random, but so that all of them find some left."""
    gap = int(1.6 * stage.left / (events - stage.events + 1))
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
    os.environ["MAIL_LEASE_SECONDS"] = str(LEASE)
    with scene("S5", number, delay=0.02) as stage:
        crew = stage.crew(2, connections, way)
        while stage.events < pauses and stage.left > connections:
            crew.tend()
            target = stage.server.ledger.count + stage.chance.randint(1, max(1, stage.left // (4 * pauses)))
            if not _reached(stage, crew, target):
                break
            if not (at_work := crew.at_work()):
                continue
            worker = stage.chance.choice(at_work)
            worker.freeze()
            stage.events += 1
            time.sleep(3 * LEASE)
            worker.thaw()
            stage.judge.sample()
        stage.finish(connections, way=way)
        load = f"{number:,} mails, 2 × {connections} connections"
        result = stage.judge.verdict(line("S5", f"{stage.events} × SIGSTOP for 3 leases, SIGCONT", load))
        result.bound = stage.events * connections
        late = crew.workers[0].log.read_text(errors="replace").count("no longer ours")
        result.note = f"{late} late writes rejected"
        if stage.events < pauses:
            result.wrong.append(f"{stage.events} pauses instead of {pauses}")
        return [result]


def asked_to_end(short: bool) -> list[Result]:
    number, stops = (400, 4) if short else (10_000, 50)
    slowest = 0.0
    with scene("S19", number, delay=0.004) as stage:
        crew = stage.crew(1, 8)
        while stage.events < stops and stage.left > 0:
            crew.tend()
            if not _reached(stage, crew, _target(stage, stops)):
                break
            worker = crew.workers[0]
            is_at_work = bool(worker.connections)
            slowest = max(slowest, worker.terminate())
            stage.events += is_at_work
            stage.judge.sample()
        stage.finish(8)
        load = f"{number:,} mails, 1 × 8 connections"
        result = stage.judge.verdict(line("S19", f"{stage.events} × SIGTERM at work", load))
        result.note = f"ended in {slowest:.1f} s at most"
        if slowest > STOP_LIMIT * (SLOW if short else 1):
            result.wrong.append(f"took {slowest:.1f} s to end")
        if stage.events < stops:
            result.wrong.append(f"{stage.events} stops instead of {stops}")
        return [result]
