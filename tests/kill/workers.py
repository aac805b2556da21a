"""Senders as processes of their own, to be killed, frozen and stopped; started again whenever they have ended."""

import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.kill import audience, sending

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.kill.sending"])


class Worker:
    """One `send_mailings --once`; `way`, if any, is one of careless_sender, or `clock:` and an error in seconds."""

    def __init__(self, url: str, connections: int, way: str = "") -> None:
        self.log = Path(os.environ["KILL_FOLDER"]) / "senders.log"
        self.name = str(uuid.uuid4())  # the owner of the rows that it holds
        arguments = (self.name, url, connections, self.log, way)
        self.process = _FORKS.Process(target=sending.send, args=arguments, daemon=True)
        self.process.start()

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    @property
    def code(self) -> int | None:
        """Of its end; negative for the signal that ended it."""
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self.process.pid and self.is_alive:
            os.kill(self.process.pid, number)

    def terminate(self, limit: float = 60) -> float:
        """Ask it to end; seconds until it did."""
        since = time.monotonic()
        self.process.terminate()
        self.process.join(limit)
        self.kill()
        return time.monotonic() - since

    def wait(self, limit: float) -> int | None:
        """Its exit code; beyond the limit it is killed, and that is a fault of its own."""
        self.process.join(limit)
        if self.is_alive:
            self.kill()
            raise TimeoutError(f"a sender did not end within {limit} s:\n{tail(self.log)}")
        return self.code


class Crew:
    """A number of senders that share the work; the dead are replaced by `tend`."""

    def __init__(self, url: str, number: int, connections: int, way: str = "") -> None:
        self._make = lambda: Worker(url, connections, way)
        self.started = number
        self.odd_ends = 0  # ended by themselves with an error
        self.workers = [self._make() for _ in range(number)]

    def tend(self) -> None:
        for place, worker in enumerate(self.workers):
            if not worker.is_alive:
                self.odd_ends += worker.code not in (0, -signal.SIGKILL, -signal.SIGTERM)
                self.workers[place] = self._make()
                self.started += 1
        if self.odd_ends > 20 * len(self.workers):
            raise RuntimeError(f"senders end with errors again and again:\n{tail(worker.log)}")

    def at_work(self) -> list[Worker]:
        """Those in the middle of a mail; the others are starting, waiting or gone."""
        owners = audience.at_work()
        return [worker for worker in self.workers if worker.name in owners and worker.is_alive]

    def end(self) -> None:
        for worker in self.workers:
            if worker.is_alive:
                worker.thaw()
                worker.kill()


def until(
    condition: Callable[[], bool], limit: float, *, step: float = 0.01, each: Callable[[], None] | None = None
) -> bool:
    """Wait for it; False if the limit (seconds) is over first."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        if each:
            each()
        time.sleep(step)
    return True


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
