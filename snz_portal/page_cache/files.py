"""Cached pages as files in a folder that the workers of one machine share, up to a total size."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snz_portal.page_cache.negotiation import CODINGS, IDENTITY
from snz_portal.page_cache.page import CachedPage

Key = tuple[str, str, str, str]  # host, scheme, path, query

_MAGIC = b"SNZPAGE1"
_CHECKSUM = 16
_LENGTH = struct.Struct(">I")
_COUNT = struct.Struct(">Q")
_HEADER_NAME, _HEADER_VALUE = re.compile(r"[A-Za-z0-9-]+"), re.compile(r"[ -~]*")
_BLOCK = 4096  # bytes; files occupy whole disk blocks
_SIZE_FILE, _PRUNE_LOCK = "size", "prune.lock"
_ABANDONED_AFTER = 600  # seconds without changes after which the folder of another build is removed


class PageFiles:
    """Pages by key, with one folder per cache epoch. `limit` is the size of all epochs together in bytes.

    Incomplete, damaged and foreign files are ignored. Writing raises OSError if the disk is full or read-only.
    """

    def __init__(self, directory: Path, limit: int) -> None:
        self.directory = directory
        self.limit = limit

    def load(self, epoch: str, key: Key) -> CachedPage | None:
        try:
            data = self._path(epoch, key).read_bytes()
        except OSError:
            return None
        return _unpack(data, key)

    def save(self, epoch: str, key: Key, page: CachedPage) -> bool:
        """Write a page to a temporary file and rename it. Return False if the folder is full (see `prune`)."""
        data = _pack(key, page)
        path = self._path(epoch, key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._add_to_total(_disk_usage(len(data))) < 0:  # reserve the space before writing
            return False
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="partial-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        return True

    def prune(self, epoch: str) -> None:
        """Remove earlier epochs, and the oldest pages if there are too many, and recount the total size.

        Only one worker prunes at a time; others return at once.
        """
        try:
            with self._locked(_PRUNE_LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB):
                self._remove_old_epochs(epoch)
                before = self._add_to_total(0)
                sizes = sorted(self._pages(), reverse=True)
                total = sum(size for _time, size, _path in sizes)
                while sizes and total > self.limit * 3 // 4:
                    _time, size, path = sizes.pop()
                    path.unlink(missing_ok=True)
                    total -= size
                # Pages written while we counted may be counted twice until the next time.
                self._add_to_total(total - before)
        except BlockingIOError:
            return

    def clear(self) -> None:
        """Remove all pages, because the database was replaced."""
        for folder in self._folders():
            shutil.rmtree(folder, ignore_errors=True)

    def _path(self, epoch: str, key: Key) -> Path:
        name = hashlib.blake2b("\n".join(map(repr, key)).encode(), digest_size=20).hexdigest()
        return self.directory / epoch / name

    def _folders(self) -> list[Path]:
        return [path for path in self.directory.glob("*-*-*") if path.is_dir()]

    def _remove_old_epochs(self, current: str) -> None:
        number, day, build = current.split("-")
        for folder in self._folders():
            its_number, its_day, its_build = folder.name.split("-", 2)
            # Workers of another build may still be running while a new version is deployed.
            with contextlib.suppress(OSError, ValueError):
                is_older = (int(its_number), its_day) < (int(number), day)
                is_abandoned = its_build != build and time.time() - folder.stat().st_mtime > _ABANDONED_AFTER
                if is_older or is_abandoned:
                    shutil.rmtree(folder, ignore_errors=True)

    def _pages(self) -> Iterator[tuple[float, int, Path]]:
        """Yield (modification time, bytes on disk, path) of all pages, and of files left by killed workers."""
        for folder in self._folders():
            with contextlib.suppress(FileNotFoundError):
                for entry in os.scandir(folder):
                    status = entry.stat()
                    yield status.st_mtime, _disk_usage(status.st_size), Path(entry.path)

    def _add_to_total(self, change: int) -> int:
        """Add to the number of bytes that all workers have written, unless it would exceed the limit.

        Return the new total, or -1 if it would exceed the limit.
        """
        with self._locked(_SIZE_FILE, fcntl.LOCK_EX) as handle:
            data = os.pread(handle, _COUNT.size, 0)
            total: int = change + (_COUNT.unpack(data)[0] if len(data) == _COUNT.size else 0)
            if change > 0 and total > self.limit:
                return -1
            if change:
                os.pwrite(handle, _COUNT.pack(max(total, 0)), 0)
            return total

    @contextlib.contextmanager
    def _locked(self, name: str, operation: int) -> Iterator[int]:
        handle = os.open(self.directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, operation)
            yield handle
        finally:
            os.close(handle)


def _disk_usage(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _pack(key: Key, page: CachedPage) -> bytes:
    bodies = page.bodies
    metadata = {
        "key": key,
        "headers": page.headers,
        "has_weak_date": page.has_weak_date,
        "bodies": [[coding, len(body)] for coding, body in bodies.items()],
    }
    head = json.dumps(metadata).encode()
    rest = b"".join([_LENGTH.pack(len(head)), head, *bodies.values()])
    return b"".join([_MAGIC, hashlib.blake2b(rest, digest_size=_CHECKSUM).digest(), rest])


def _unpack(data: bytes, key: Key) -> CachedPage | None:
    start = len(_MAGIC) + _CHECKSUM
    view = memoryview(data)
    checksum = hashlib.blake2b(view[start:], digest_size=_CHECKSUM).digest()
    if len(data) < start + _LENGTH.size or data[:start] != _MAGIC + checksum:
        return None
    end = start + _LENGTH.size + _LENGTH.unpack_from(data, start)[0]
    try:
        return _parse_page(json.loads(bytes(view[start + _LENGTH.size : end])), view[end:], key)
    except (ValueError, TypeError, LookupError, RecursionError):
        return None  # the checksum is right, but the file was written by another program


def _parse_page(metadata: Any, rest: memoryview, key: Key) -> CachedPage | None:
    """Build the page that a file describes. Invalid data gives None, ValueError, TypeError or LookupError."""
    headers = [(name, value) for name, value in metadata["headers"]]
    lengths = [(coding, length) for coding, length in metadata["bodies"]]
    has_valid_lengths = all(type(length) is int and length >= 0 for _coding, length in lengths)
    has_valid_headers = all(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value) for name, value in headers)
    has_weak_date, codings = metadata["has_weak_date"], {coding for coding, _length in lengths}
    if tuple(metadata["key"]) != key or not (
        has_valid_lengths and has_valid_headers and type(has_weak_date) is bool and codings <= CODINGS
    ):
        return None
    bodies, end = {}, 0
    for coding, length in lengths:
        bodies[coding] = bytes(rest[end : end + length])
        end += length
    return (
        CachedPage(headers, bodies, has_weak_date=has_weak_date) if IDENTITY in bodies and end == len(rest) else None
    )
