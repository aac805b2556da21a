"""The archive's generation number in eight bytes of a file: every worker of a machine sees a change at once."""

import fcntl
import mmap
import os
import struct
from pathlib import Path

# Native order and alignment: stored and loaded in one machine instruction, so that nobody reads half a number.
_NUMBER = struct.Struct("@Q")
FILE_NAME = "generation"


class GenerationFile:
    """A memory-mapped number shared by the processes of one machine. Reading it costs no system call.

    Raises OSError if the file can be neither made nor opened for writing.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / FILE_NAME
        self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660), "r+b", buffering=0)
        self._fill()
        self._map = mmap.mmap(self._file.fileno(), _NUMBER.size)

    def _fill(self) -> None:
        """Write the first eight bytes, if they are not there; several processes may start at once.

        They are written, not only counted: a hole in a file on a full disk kills whoever touches it (SIGBUS).
        """
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            if os.fstat(self._file.fileno()).st_size < _NUMBER.size:
                os.pwrite(self._file.fileno(), bytes(_NUMBER.size), 0)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def read(self) -> int:
        number: int = _NUMBER.unpack_from(self._map)[0]
        return number

    def write(self, number: int) -> None:
        """Store a number unless a newer one is there: two publications may end in either order."""
        self._store(number, only_raise=True)

    def reset(self, number: int) -> None:
        """Store a number even if a newer one is there: for a database that was put back to an earlier state."""
        self._store(number, only_raise=False)

    def _store(self, number: int, *, only_raise: bool) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            if number > self.read() or not only_raise:
                _NUMBER.pack_into(self._map, 0, number)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def is_current(self) -> bool:
        """Whether the mapped file is still the one in the directory, which anybody may empty."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False
