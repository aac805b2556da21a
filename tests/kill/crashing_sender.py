"""send_mailings that ends at once, as by kill -9, at the n-th step: `python -m tests.kill.crashing_sender --at N`.

A step is the moment before or after a statement or a commit of the database, or before or after bytes are written to
or read from the SMTP server. The hooks are here and not in the sender: it does not know that it is watched.
"""

import argparse
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

KILLED = 137  # what a shell says of a process that SIGKILL ended


class Steps:
    """Counts steps, and ends the process at one of them; writes down their names if a file is given."""

    def __init__(self, at: int = 0, trace: Path | None = None) -> None:
        self.at, self.trace = at, trace
        self.count = 0
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        with self._lock:
            self.count += 1
            if self.trace:
                with self.trace.open("a") as file:
                    file.write(f"{name}\n")
            if self.count == self.at:
                os._exit(KILLED)  # nothing is flushed, closed or rolled back by us

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        self.take(f"before {name}")
        result = call()
        self.take(f"after {name}")
        return result


def install(steps: Steps) -> None:
    """Hook every database connection that Django opens from now on, and every socket of Python's own."""
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.signals import connection_created

    def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return steps.around(" ".join(sql.split()[:3]), lambda: execute(sql, params, many, context))

    def watch(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(statement)

    connection_created.connect(watch, weak=False)
    commit = BaseDatabaseWrapper._commit
    BaseDatabaseWrapper._commit = lambda self: steps.around("COMMIT", lambda: commit(self))
    sendall, recv = socket.socket.sendall, socket.socket.recv

    def watched_sendall(self: socket.socket, data: Any, *flags: int) -> None:
        steps.around(f"write {_verb(bytes(data[:4]))}", lambda: sendall(self, data, *flags))

    def watched_recv(self: socket.socket, *arguments: int) -> bytes:
        data: bytes = steps.around("read", lambda: recv(self, *arguments))
        return data

    socket.socket.sendall = watched_sendall
    socket.socket.recv = watched_recv


def _verb(start: bytes) -> str:
    text = start.decode("latin-1").strip()
    return "dot" if text == "." else text if text.isupper() else "message"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill.crashing_sender", description=__doc__)
    parser.add_argument("--at", type=int, default=0, help="the step to end at; 0: none")
    parser.add_argument("--trace", type=Path, help="a file for the names of the steps")
    parser.add_argument("--connections", type=int, default=1)
    options = parser.parse_args()
    import django
    from django.core.management import call_command

    django.setup()
    install(Steps(options.at, options.trace))
    call_command("send_mailings", once=True, connections=options.connections)
    return 0


if __name__ == "__main__":
    sys.exit(main())
