"""The archive's generation number in eight bytes of a file: every worker of a machine sees a change at once."""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NUMBER = struct.Struct("@Q")
FILE_NAME = "generation"


class GenerationFile:
    """A number in a file that the processes of one machine share. Reading it is one system call.

    Mapped into memory it would cost none; but a file that somebody truncates, or copies another over, then kills
    whoever reads it (SIGBUS). Raises OSError if the file can be neither made nor opened for writing.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / FILE_NAME
        self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660), "r+b", buffering=0)
        self._handle = self._file.fileno()
        with self._locked():
            if self.read() is None:  # several processes may start at once
                os.pwrite(self._handle, _NUMBER.pack(0), 0)

    def read(self) -> int | None:
        """The number; None where the file has been truncated, until somebody writes to it again."""
        data = os.pread(self._handle, _NUMBER.size, 0)
        return _NUMBER.unpack(data)[0] if len(data) == _NUMBER.size else None

    def write(self, number: int) -> None:
        """Store a number unless a newer one is there: two publications may end in either order."""
        with self._locked():
            if number > (self.read() or 0):
                os.pwrite(self._handle, _NUMBER.pack(number), 0)

    def reset(self, number: int) -> None:
        """Store a number even if a newer one is there: for a database that was put back to an earlier state."""
        with self._locked():
            os.pwrite(self._handle, _NUMBER.pack(number), 0)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def is_current(self) -> bool:
        """Whether this is still the file in the directory, which anybody may empty."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._handle))
        except OSError:
            return False
