"""A sender that dies at every single step: each statement, each commit, each word to and from the server [S3]."""

import itertools
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from tests.kill import audience, crashing_sender
from tests.kill.fault_server import FaultServer, Offer
from tests.kill.judge import Judge, Result
from tests.kill.scenarios.base import DAY, line

RECIPIENTS = 3
_COUNT = itertools.count(1)
STRIDE = 4  # in short, every fourth step is tried


def every_step(short: bool) -> list[Result]:
    """One line for a server with PIPELINING, one without."""
    return [_every_step(STRIDE if short else 1, pipelining) for pipelining in ((True,) if short else (True, False))]


def _every_step(stride: int, pipelining: bool) -> Result:
    folder = Path(os.environ["KILL_FOLDER"])
    total = line("S3", "", f"{RECIPIENTS} mails a step, 1 × 1 connection")
    total.note = "PIPELINING" if pipelining else "verb by verb"
    since = time.monotonic()
    trace = folder / f"steps-{pipelining}"
    _try_step(folder, 0, pipelining, trace)
    names = trace.read_text().splitlines()
    tried = range(1 if stride == 1 else 1 + int(since) % stride, len(names) + 1, stride)
    for step in tried:
        result = _try_step(folder, step, pipelining)
        total.lost += result.lost
        total.duplicates += result.duplicates
        total.uncertain += result.uncertain
        total.accepted += result.accepted
        # Uncertain is right only between the commit of the fence and the commit of the outcome.
        total.bound += _is_between(names, step)
        if result.uncertain > _is_between(names, step) or result.wrong:
            total.wrong.append(f"step {step}, {names[step - 1]}: {result.uncertain} uncertain; {result.wrong}")
    total.fault = f"crash at {len(tried)} of {len(names)} steps"
    total.seconds = round(time.monotonic() - since, 1)
    return total


def _is_between(names: list[str], step: int) -> int:
    """1 if a mail is fenced at this step and its outcome not committed yet: words with the server are near."""
    fences = [number for number, name in enumerate(names, 1) if name == "before COMMIT"]
    words = [number for number, name in enumerate(names, 1) if "write" in name or "read" in name]
    if not words:
        return 0
    first = max((number for number in fences if number < words[0]), default=0)
    last = min((number for number in fences if number > words[-1]), default=len(names))
    return int(first < step <= last + 1)


def _try_step(folder: Path, step: int, pipelining: bool, trace: Path | None = None) -> Result:
    audience.dismiss()
    name = f"{next(_COUNT)}"
    audience.enlist(RECIPIENTS, prefix=f"step{name}-")
    mailing = audience.freeze(name)
    with FaultServer(folder / f"step-{name}", offer=Offer(pipelining=pipelining)) as server:
        judge = Judge(mailing, server.ledger)
        code = _fork(server.url, folder, crashing_sender.Steps(step, trace))
        server.drain()
        states = judge.sample()
        for _ in range(5):
            audience.pass_time(DAY)
            _fork(server.url, folder, None)
            if audience.is_done(mailing):
                break
        result = judge.verdict(line("S3", f"step {step}", ""))
        if step and code not in (0, crashing_sender.KILLED):
            result.wrong.append(f"exit code {code} with {states}")
        return result


def _fork(url: str, folder: Path, steps: "crashing_sender.Steps | None") -> int:
    """A sender in a process of its own, without the second that Python and Django take to start."""
    connections.close_all()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    _run(lambda: _send(url, steps), folder / "senders.log")
    return 0


def _send(url: str, steps: "crashing_sender.Steps | None") -> None:
    settings.SMTP_URL = url
    if steps:
        crashing_sender.install(steps)
    call_command("send_mailings", once=True, connections=1)


def _run(what: Callable[[], None], log: Path) -> None:
    """In the child: say what it says to the log, and never come back into the parent's code."""
    code = 1
    try:
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(file, 1)
        os.dup2(file, 2)
        what()
        code = 0
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
    finally:
        os._exit(code)
