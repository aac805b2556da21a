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
STRIDE = 11  # in short, each so many-th step is tried


def every_step(short: bool) -> list[Result]:
    """One line for a server with PIPELINING, one without."""
    return [_every_step(STRIDE if short else 1, pipelining) for pipelining in ((True,) if short else (True, False))]


def _every_step(stride: int, pipelining: bool) -> Result:
    total = line("S3", "", f"{RECIPIENTS} mails a step, 1 × 1 connection")
    total.note = "PIPELINING" if pipelining else "verb by verb"
    since = time.monotonic()
    _try_step(0, pipelining)  # the very first run makes rows that later ones find
    steps = len(_try_step(0, pipelining)[1])
    tried = range(1, steps + 1, stride)
    for step in tried:
        result, names = _try_step(step, pipelining)
        for name in ("lost", "duplicates", "uncertain", "accepted", "bound"):
            setattr(total, name, getattr(total, name) + getattr(result, name))
        if not result.passed:
            total.wrong.append(f"step {step}, {names[-1]}: {result}")
    total.fault = f"crash at {len(tried)} of {steps} steps"
    if not total.bound:
        total.wrong.append("no crash met a mail in the middle: are the steps not the same each time?")
    total.seconds = round(time.monotonic() - since, 1)
    return total


def _try_step(step: int, pipelining: bool) -> tuple[Result, list[str]]:
    """The result, and the names of the steps until the crash."""
    folder, name = Path(os.environ["KILL_FOLDER"]), str(next(_COUNT))
    trace = folder / f"steps-{name}"
    audience.dismiss()
    audience.enlist(RECIPIENTS, prefix=f"step{name}-")
    mailing = audience.freeze(name)
    with FaultServer(folder / f"ledger-{name}", offer=Offer(pipelining=pipelining)) as server:
        judge = Judge(mailing, server.ledger)
        code = _fork(server.url, folder, crashing_sender.Steps(step, trace))
        server.drain()
        fenced = list(judge.sample().values()).count("in-data")
        for _ in range(5):
            audience.pass_time(DAY)
            _fork(server.url, folder, None)
            if audience.is_done(mailing):
                break
        result = judge.verdict(line("S3", f"step {step}", ""))
    # Uncertain is right only between the commit of the fence and the commit of the outcome, and for one mail.
    result.bound = min(fenced, 1)
    names = trace.read_text().splitlines()
    if fenced > 1 or code != (crashing_sender.KILLED if step and len(names) >= step else 0):
        result.wrong.append(f"exit code {code}, {fenced} between fence and outcome")
    if result.accepted and "after write dot" not in names and "before write dot" not in names:
        result.wrong.append("accepted before the dot")
    return result, names


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
    except BaseException as error:  # an exit, too: the parent reads the log, and sees only the code otherwise
        print(repr(error), file=sys.stderr, flush=True)
    finally:
        os._exit(code)
