"""The append-only file of what a server accepted: written before the reply, so that no kill can take it back.

Written to the kernel, not to the disk: senders and databases are killed here, never the machine.
"""

import os
import threading
import time
from pathlib import Path
from typing import NamedTuple


class Acceptance(NamedTuple):
    """One message that the server took responsibility for (RFC 5321 section 6.1)."""

    at: float  # seconds since 1970
    connection: int
    sender: str
    recipient: str
    message_id: str
    size: int  # bytes, as they travelled


class Ledger:
    """Writes one line for each acceptance in one system call; `follow()` gives those since the last time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._lock = threading.Lock()
        self._offset = 0

    def write(self, connection: int, sender: str, recipient: str, message_id: str, size: int) -> None:
        line = f"{time.time():.6f}\t{connection}\t{sender}\t{recipient}\t{message_id}\t{size}\n".encode()
        os.write(self._file, line)  # the kernel has it: it outlives this process
        with self._lock:
            self.count += 1

    def follow(self) -> list[Acceptance]:
        with self.path.open("rb") as file:
            file.seek(self._offset)
            lines = file.read()
        whole = lines[: lines.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [_acceptance(line) for line in whole.decode().splitlines()]

    def close(self) -> None:
        os.close(self._file)


def read(path: Path) -> list[Acceptance]:
    return [_acceptance(line) for line in path.read_text().splitlines()]


def _acceptance(line: str) -> Acceptance:
    at, connection, sender, recipient, message_id, size = line.split("\t")
    return Acceptance(float(at), int(connection), sender, recipient, message_id, int(size))
