"""Senders as processes of their own, to be killed, frozen and stopped; started again whenever they have ended."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.kill.house import ROOT

Command = tuple[str, ...]
SENDER: Command = ("manage.py", "send_mailings", "--once")


class Worker:
    def __init__(self, url: str, connections: int, command: Command = SENDER) -> None:
        self.log = Path(os.environ["KILL_FOLDER"]) / "senders.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, "--connections", str(connections)],
                cwd=ROOT,
                env=os.environ | {"SMTP_URL": url},
                stdout=log,
                stderr=log,
            )

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def terminate(self, limit: float = 60) -> float:
        """Ask it to end; seconds until it did."""
        since = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
        return time.monotonic() - since

    def wait(self, limit: float) -> int:
        """Its exit code; beyond the limit it is killed, and that is a fault of its own."""
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"a sender did not end within {limit} s:\n{tail(self.log)}") from None


class Crew:
    """A number of senders that share the work; the dead are replaced by `tend`."""

    def __init__(self, url: str, number: int, connections: int, command: Command = SENDER) -> None:
        self._make = lambda: Worker(url, connections, command)
        self.started = number
        self.odd_ends = 0  # ended by themselves with an error
        self.workers = [self._make() for _ in range(number)]

    def tend(self) -> None:
        for place, worker in enumerate(self.workers):
            if not worker.is_alive:
                self.odd_ends += worker.process.returncode not in (0, -signal.SIGKILL, -signal.SIGTERM)
                self.workers[place] = self._make()
                self.started += 1
        if self.odd_ends > 20 * len(self.workers):
            raise RuntimeError(f"senders end with errors again and again:\n{tail(worker.log)}")

    def pick(self, chance: random.Random) -> Worker:
        return chance.choice(self.workers)

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
