"""The archive's generation number in eight bytes of a file, so that every worker of a machine sees a change at once."""

import contextlib
import mmap
import os
import struct
import tempfile
from pathlib import Path

_NUMBER = struct.Struct("<Q")
FILE_NAME = "generation"


class GenerationFile:
    """A memory-mapped number shared by the processes of one machine. Reading it costs no system call."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / FILE_NAME
        if not path.exists() or path.stat().st_size != _NUMBER.size:
            _create(path)
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _NUMBER.size)

    def read(self) -> int:
        number: int = _NUMBER.unpack_from(self._map)[0]
        return number

    def write(self, number: int) -> None:
        """Store a number unless a newer one is there: two publications may end in either order."""
        if number > self.read():
            _NUMBER.pack_into(self._map, 0, number)


def _create(path: Path) -> None:
    # Written aside and renamed, so that nobody ever maps half a file.
    handle, name = tempfile.mkstemp(dir=path.parent)
    os.write(handle, _NUMBER.pack(0))
    os.close(handle)
    with contextlib.suppress(OSError):
        os.replace(name, path)
