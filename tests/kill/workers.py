"""Senders as processes of their own, to be killed, frozen and stopped; started again whenever they have ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tests.kill.house import ROOT

Command = tuple[str, ...]
ESTABLISHED = "01"  # in /proc/net/tcp
SENDER: Command = ("manage.py", "send_mailings", "--once")


class Worker:
    def __init__(self, url: str, connections: int, command: Command = SENDER) -> None:
        self.log = Path(os.environ["KILL_FOLDER"]) / "senders.log"
        self._port = urlsplit(url).port
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
