"""The page store's folder: pages as files that the workers of one machine share, bounded in size."""

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

from snz_portal.page_store.negotiation import CODINGS, IDENTITY
from snz_portal.page_store.page import StoredPage

Key = tuple[str, str, str, str]  # host, scheme, path, query

_MAGIC = b"SNZPAGE1"
_CHECKSUM = 16
_LENGTH = struct.Struct(">I")
_COUNT = struct.Struct(">Q")
_FIELD_NAME, _FIELD_VALUE = re.compile(r"[A-Za-z0-9-]+"), re.compile(r"[ -~]*")
_BLOCK = 4096  # a file takes whole blocks of the disk
_LEDGER, _TIDYING = "size", "tidying"
_SETTLED = 600  # seconds after which another build's folder counts as left behind


class PageFiles:
    """Pages by key below one folder per epoch. `limit` is in bytes and holds for all epochs together.

    Whatever is torn, damaged or foreign is no page. Writing raises OSError where the disk refuses.
    """

    def __init__(self, directory: Path, limit: int) -> None:
        self.directory = directory
        self.limit = limit

    def load(self, epoch: str, key: Key) -> StoredPage | None:
        try:
            data = self._path(epoch, key).read_bytes()
        except OSError:
            return None
        return _unpack(data, key)

    def save(self, epoch: str, key: Key, page: StoredPage) -> bool:
        """Write a page aside and rename it; False if there is no room for it now (see `tidy`)."""
        data = _pack(key, page)
        path = self._path(epoch, key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._account(_on_disk(len(data))) < 0:  # before it is written, so that nobody writes too much
            return False
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="aside-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        return True

    def tidy(self, epoch: str) -> None:
        """Drop earlier epochs, and the oldest pages where there is too much; then count anew. One worker does it."""
        try:
            with self._locked(_TIDYING, fcntl.LOCK_EX | fcntl.LOCK_NB):
                self._drop_epochs(epoch)
                before = self._account(0)
                sizes = sorted(self._pages(), reverse=True)
                total = sum(size for _time, size, _path in sizes)
                while sizes and total > self.limit * 3 // 4:
                    _time, size, path = sizes.pop()
                    path.unlink(missing_ok=True)
                    total -= size
                # What was written while we counted stays on the account; it may be there twice, until next time.
                self._account(total - before)
        except BlockingIOError:
            return

    def wipe(self) -> None:
        """Drop all pages: the database is not the one that they were made from."""
        for folder in self._folders():
            shutil.rmtree(folder, ignore_errors=True)

    def _path(self, epoch: str, key: Key) -> Path:
        name = hashlib.blake2b("\n".join(map(repr, key)).encode(), digest_size=20).hexdigest()
        return self.directory / epoch / name

    def _folders(self) -> list[Path]:
        return [path for path in self.directory.glob("*-*-*") if path.is_dir()]

    def _drop_epochs(self, current: str) -> None:
        number, day, build = current.split("-")
        for folder in self._folders():
            its_number, its_day, its_build = folder.name.split("-", 2)
            # A worker of another build may be at work for some minutes while a new version is rolled out.
            with contextlib.suppress(OSError, ValueError):
                is_earlier = (int(its_number), its_day) < (int(number), day)
                is_left = its_build != build and time.time() - folder.stat().st_mtime > _SETTLED
                if is_earlier or is_left:
                    shutil.rmtree(folder, ignore_errors=True)

    def _pages(self) -> Iterator[tuple[float, int, Path]]:
        """(time, bytes on disk, path) of every page, of those too that a killed worker left aside."""
        for folder in self._folders():
            with contextlib.suppress(FileNotFoundError):
                for entry in os.scandir(folder):
                    status = entry.stat()
                    yield status.st_mtime, _on_disk(status.st_size), Path(entry.path)

    def _account(self, change: int) -> int:
        """Add to the bytes that the workers together have written; the sum is refused where it is over the limit.

        Returns the sum as it is now, or -1 if the change was refused.
        """
        with self._locked(_LEDGER, fcntl.LOCK_EX) as handle:
            data = os.pread(handle, _COUNT.size, 0)
            total: int = change + (_COUNT.unpack(data)[0] if len(data) == _COUNT.size else 0)
            if change > 0 and total > self.limit:
                return -1
            if change:
                os.pwrite(handle, _COUNT.pack(max(total, 0)), 0)
            return total

    @contextlib.contextmanager
    def _locked(self, name: str, how: int) -> Iterator[int]:
        handle = os.open(self.directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, how)
            yield handle
        finally:
            os.close(handle)


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _pack(key: Key, page: StoredPage) -> bytes:
    bodies = page.bodies
    about = {
        "key": key,
        "headers": page.headers,
        "is_young": page.is_young,
        "bodies": [[coding, len(body)] for coding, body in bodies.items()],
    }
    head = json.dumps(about).encode()
    rest = b"".join([_LENGTH.pack(len(head)), head, *bodies.values()])
    return b"".join([_MAGIC, hashlib.blake2b(rest, digest_size=_CHECKSUM).digest(), rest])


def _unpack(data: bytes, key: Key) -> StoredPage | None:
    start = len(_MAGIC) + _CHECKSUM
    view = memoryview(data)
    checksum = hashlib.blake2b(view[start:], digest_size=_CHECKSUM).digest()
    if len(data) < start + _LENGTH.size or data[:start] != _MAGIC + checksum:
        return None
    end = start + _LENGTH.size + _LENGTH.unpack_from(data, start)[0]
    try:
        return _page(json.loads(bytes(view[start + _LENGTH.size : end])), view[end:], key)
    except (ValueError, TypeError, LookupError, RecursionError):
        return None  # the checksum holds, but another program wrote it: anybody can make a checksum


def _page(about: Any, rest: memoryview, key: Key) -> StoredPage | None:
    """The page that a file's head describes; None, or an exception of a wrong type or value, if it makes no sense."""
    headers = [(name, value) for name, value in about["headers"]]
    lengths = [(coding, length) for coding, length in about["bodies"]]
    fits = all(type(length) is int and length >= 0 for _coding, length in lengths)
    is_text = all(_FIELD_NAME.fullmatch(name) and _FIELD_VALUE.fullmatch(value) for name, value in headers)
    is_young, codings = about["is_young"], {coding for coding, _length in lengths}
    if tuple(about["key"]) != key or not (fits and is_text and type(is_young) is bool and codings <= CODINGS):
        return None
    bodies, end = {}, 0
    for coding, length in lengths:
        bodies[coding] = bytes(rest[end : end + length])
        end += length
    return StoredPage(headers, bodies, is_young=is_young) if IDENTITY in bodies and end == len(rest) else None
