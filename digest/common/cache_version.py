"""The version of the page cache in a small file that all workers of a machine share."""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NUMBER = struct.Struct("@Q")
FILE_NAME = "cache-version"


class CacheVersionFile:
    """A number in a file that the processes of one machine share. Reading it takes one system call.

    The file is not mapped into memory: if somebody truncated a mapped file, reading it would kill the process
    (SIGBUS). Raises OSError if the file cannot be created or opened for writing.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / FILE_NAME
        self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660), "r+b", buffering=0)
        self._handle = self._file.fileno()
        with self._locked():
            if self.read() is None:  # another process may have written it meanwhile
                os.pwrite(self._handle, _NUMBER.pack(0), 0)

    def read(self) -> int | None:
        """Return the number, or None if the file was truncated."""
        data = os.pread(self._handle, _NUMBER.size, 0)
        return _NUMBER.unpack(data)[0] if len(data) == _NUMBER.size else None

    def write(self, number: int) -> None:
        """Write a number unless the file has a greater one: two changes may be committed in either order."""
        with self._locked():
            if number > (self.read() or 0):
                os.pwrite(self._handle, _NUMBER.pack(number), 0)

    def reset(self, number: int) -> None:
        """Write a number even if the file has a greater one: after a restore from a backup."""
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
        """Return whether the open file is still the one in the directory."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._handle))
        except OSError:
            return False
