"""Senders that are killed, frozen, or asked to end, at random moments [S1, S2, S5, S19]."""

import time

from tests.kill import audience
from tests.kill.house import LEASE
from tests.kill.judge import Result
from tests.kill.scenarios.base import Scene, line, scene
from tests.kill.workers import SENDER, Command, Crew, until

STOP_LIMIT = 10.0  # seconds from SIGTERM to the end
SLOW = 5  # a test machine may be this much slower than promised


def one_sender(short: bool) -> list[Result]:
    number, kills = (400, 6) if short else (10_000, 200)
    return [killed("S1", number, kills, 1, connections) for connections in ((8,) if short else (1, 8))]


def many_senders(short: bool) -> list[Result]:
    number, kills = (400, 6) if short else (20_000, 200)
    return [killed("S2", number, kills, *crew) for crew in (((2, 4),) if short else ((2, 1), (4, 1), (2, 8)))]


def killed(id: str, number: int, kills: int, senders: int, connections: int, command: Command = SENDER) -> Result:
    with scene(f"{id} {senders} {connections}", number, delay=0.004) as stage:
        kill_at_random(stage, stage.crew(senders, connections, command), kills, alone=senders == 1)
        stage.finish(connections, command=command)
        load = f"{number:,} mails, {senders} × {connections} connections"
        result = stage.judge.verdict(line(id, f"{stage.events} × kill -9", load))
        result.bound = stage.events * connections
        result.note = f"{stage.judge.samples} samples"
        return result


def kill_at_random(stage: Scene, crew: Crew, kills: int, *, alone: bool) -> None:
    """Spread over the whole run: after a random number of mails; now and then at a random time, even at starting."""
    idle = 0
    while stage.events < kills and stage.left > 0 and idle < 50:
        crew.tend()
        gap = stage.chance.randint(1, max(1, int(1.8 * stage.left / (kills - stage.events))))
        target = min(stage.server.ledger.count + gap, stage.mailing.audience)
        if stage.chance.random() < 0.1:
            time.sleep(stage.chance.random() * 0.9)
        elif not _reached(stage, crew, target):
            idle += 1  # all that is due is held by the dead: wait for their leases
            time.sleep(LEASE / 4)
            continue
        time.sleep(stage.chance.random() * 0.01)
        crew.pick(stage.chance).kill()
        stage.events += 1
        idle = 0
        if alone:
            audience.pass_time(LEASE + 1)  # nobody is alive whose lease it could be
        stage.judge.sample()


def _reached(stage: Scene, crew: Crew, target: int) -> bool:
    """Whether that many mails were accepted before all senders had ended by themselves."""

    def is_over() -> bool:
        return stage.server.ledger.count >= target or not any(worker.is_alive for worker in crew.workers)

    until(is_over, 120, step=0.002)
    return stage.server.ledger.count >= target


def frozen(short: bool, command: Command = SENDER) -> list[Result]:
    number, pauses = (250, 1) if short else (5_000, 20)
    connections = 2
    with scene("S5", number, delay=0.02) as stage:
        crew = stage.crew(2, connections, command)
        while stage.events < pauses and stage.left > connections:
            crew.tend()
            target = stage.server.ledger.count + stage.chance.randint(1, max(1, stage.left // (4 * pauses)))
            if not _reached(stage, crew, target):
                break
            worker = crew.pick(stage.chance)
            worker.freeze()
            stage.events += 1
            time.sleep(3 * LEASE)
            worker.thaw()
            stage.judge.sample()
        stage.finish(connections, command=command)
        load = f"{number:,} mails, 2 × {connections} connections"
        result = stage.judge.verdict(line("S5", f"{stage.events} × SIGSTOP for 3 leases, SIGCONT", load))
        result.bound = stage.events * connections
        late = crew.workers[0].log.read_text(errors="replace").count("no longer ours")
        result.note = f"{late} late writes rejected"
        return [result]


def asked_to_end(short: bool) -> list[Result]:
    number, stops = (300, 4) if short else (10_000, 50)
    slowest = 0.0
    with scene("S19", number) as stage:
        crew = stage.crew(1, 8)
        while stage.events < stops and stage.left > 0:
            crew.tend()
            gap = stage.chance.randint(1, max(1, int(1.8 * stage.left / (stops - stage.events))))
            if not _reached(stage, crew, stage.server.ledger.count + gap):
                break
            time.sleep(stage.chance.random() * 0.01)
            slowest = max(slowest, crew.workers[0].terminate())
            stage.events += 1
            stage.judge.sample()
        stage.finish(8)
        result = stage.judge.verdict(line("S19", f"{stage.events} × SIGTERM", f"{number:,} mails, 1 × 8 connections"))
        result.note = f"ended in {slowest:.1f} s at most"
        if slowest > STOP_LIMIT * (SLOW if short else 1):
            result.wrong.append(f"took {slowest:.1f} s to end")
        return [result]
