"""Senders as processes of their own, to be killed, frozen and stopped; started again whenever they have ended."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tests.kill import sending

ESTABLISHED = "01"  # in /proc/net/tcp
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.kill.sending"])


class Worker:
    """One `send_mailings --once`; `way`, if any, is one of careless_sender."""

    def __init__(self, url: str, connections: int, way: str = "") -> None:
        self.log = Path(os.environ["KILL_FOLDER"]) / "senders.log"
        self._port = urlsplit(url).port
        self.process = _FORKS.Process(target=sending.send, args=(url, connections, self.log, way), daemon=True)
        self.process.start()

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    @property
    def code(self) -> int | None:
        """Of its end; negative for the signal that ended it."""
        return self.process.exitcode

    @property
    def connections(self) -> int:
        """How many it has open to the server: none before its work and after it (read from Linux's /proc)."""
        process = Path(f"/proc/{self.process.pid}")
        try:
            held = {os.readlink(file) for file in (process / "fd").iterdir()}
            lines = (process / "net" / "tcp").read_text().splitlines()[1:]
        except OSError:  # it has ended, or closed a file at this moment
            return 0
        sockets = [line.split() for line in lines]
        here = f":{self._port:04X}"
        return sum(s[2].endswith(here) and s[3] == ESTABLISHED and f"socket:[{s[9]}]" in held for s in sockets)

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
        """Those with a connection to the server; the others are starting, waiting or gone."""
        return [worker for worker in self.workers if worker.connections]

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
