"""WSGI middleware that caches public pages in memory and on disk.

A page is stored in the worker's memory and in a folder that all workers of the machine share. It is stored under the
cache version that was current *before* it was rendered, and only if that version is still current afterwards.
Increasing the number in the shared file (`digest.common.cache_version`) therefore invalidates all pages at once.
"""

import logging
import re
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, strftime
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from digest.common.cache_version import CacheVersionFile
from snz_portal.page_cache.background_worker import BackgroundWorker
from snz_portal.page_cache.canonical import CapturedResponse, fetch_canonical
from snz_portal.page_cache.files import Key, PageFiles
from snz_portal.page_cache.negotiation import choose_coding, has_etag, is_unmodified
from snz_portal.page_cache.page import MAX_PAGE_SIZE, CachedPage, EncodedPage, is_cacheable

logger = logging.getLogger(__name__)

CHECK_INTERVAL = 2.0  # seconds between two checks of the version in the database
CHECK_TIMEOUT = 1.0  # seconds that a request waits for this check, at most
MEMORY_LIMIT = 32 * 2**20  # bytes of pages in the memory of one worker
_QUERY = re.compile(r"(?:page=[1-9][0-9]{0,3})?")
_MAX_PATH_LENGTH = 1024
_MAX_CODINGS = 256  # Accept-Encoding headers whose result is remembered


@dataclass
class CacheEpoch:
    """Pages of one cache version, day and build. The day matters because pages show upcoming and past events."""

    number: int
    day: str
    build: str
    pages: dict[Key, CachedPage] = field(default_factory=dict)
    sizes: dict[Key, int] = field(default_factory=dict)  # bytes
    size: int = 0  # bytes in total

    @property
    def name(self) -> str:
        return f"{self.number}-{self.day}-{self.build}"


class PageCache:
    """WSGI middleware that caches the pages Django marks as public, rendered without any data of the client.

    - `read_version` returns the version in the database, or None if the database is not available.
    - `megabytes` limits the size of the folder.
    - `hosts` are the values of the Host header (with a port, if any) for which pages are cached.
    - `prefixes` are the first path segments of public pages: `/<prefix>/...`.
    - `trusts_proxy`: X-Forwarded-Proto was set by our own proxy.
    - `build` (letters and digits) identifies the deployed code, so that builds do not share pages.
    """

    def __init__(
        self,
        app: WSGIApplication,
        directory: Path,
        read_version: Callable[[], int | None],
        megabytes: int,
        *,
        hosts: Collection[str],
        prefixes: Collection[str] = ("zh-hant", "zh-hans", "en"),
        trusts_proxy: bool = False,
        build: str = "0",
        check_interval: float = CHECK_INTERVAL,
    ) -> None:
        self._app = app
        self._read_version = read_version
        self._hosts = frozenset(hosts)
        self._is_public = re.compile(f"/(?:{'|'.join(map(re.escape, prefixes))})/").match
        self._trusts_proxy = trusts_proxy
        self._build = build
        self._check_interval = check_interval
        self._directory = directory
        self._files = PageFiles(directory, megabytes * 2**20)
        self._memory_limit = min(MEMORY_LIMIT, megabytes * 2**20)
        self._codings: dict[str, str] = {}
        self._lock = threading.Lock()
        self._worker = BackgroundWorker()
        self._next_check = 0.0
        self._day = strftime("%Y%m%d")
        self._has_warned = False
        self._version_file = self._open_version_file()
        self._epoch = CacheEpoch(-1, self._day, build)  # matches no version

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if monotonic() >= self._next_check:
            self._schedule_check()
        version_file, epoch = self._version_file, self._epoch
        number = version_file.read() if version_file is not None else None
        if number is None:
            return self._app(environ, start_response)
        if number != epoch.number:
            epoch = self._start_epoch(number)
        scheme = environ["wsgi.url_scheme"]
        if self._trusts_proxy:
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", scheme)
        # Keys found in the dictionary have passed `_is_cacheable_key` before.
        key = (environ.get("HTTP_HOST", ""), scheme, environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
        page = epoch.pages.get(key)
        method = environ["REQUEST_METHOD"]
        if (method != "GET" and method != "HEAD") or environ.get("SCRIPT_NAME"):
            return self._app(environ, start_response)
        if page is None:
            if not self._is_cacheable_key(key):
                return self._app(environ, start_response)
            page = self._load(epoch, key)
        if page is None:
            response = fetch_canonical(self._app, environ, key)
            page = self._cache_response(epoch, key, response)
            if page is None:
                return response.send(start_response, with_body=method == "GET")
        return self._respond(epoch, key, page, environ, start_response)

    def _is_cacheable_key(self, key: Key) -> bool:
        host, scheme, path, query = key
        return (
            host in self._hosts
            and scheme in ("http", "https")
            and len(path) <= _MAX_PATH_LENGTH
            and self._is_public(path) is not None
            and _QUERY.fullmatch(query) is not None
        )

    def _respond(
        self, epoch: CacheEpoch, key: Key, page: CachedPage, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        coding = self._codings.get(accepted)
        if coding is None:
            coding = self._negotiate_coding(accepted)
        encoded = page.encodings.get(coding) or self._add_encoding(epoch, key, page, coding)
        # A cache that is never stale may ignore If-Match, If-Unmodified-Since, Range and the request's Cache-Control
        # (RFC 9110, 13.1.1, 13.1.4, 14.2; RFC 9111, 5.2.1).
        if "HTTP_IF_NONE_MATCH" in environ:
            is_fresh = has_etag(environ["HTTP_IF_NONE_MATCH"], encoded.etag)
        elif "HTTP_IF_MODIFIED_SINCE" in environ and not page.has_weak_date:
            is_fresh = is_unmodified(environ["HTTP_IF_MODIFIED_SINCE"], page.last_modified)
        else:
            is_fresh = False
        # Copies, because servers may change the list (PEP 3333).
        if is_fresh:
            start_response("304 Not Modified", encoded.not_modified.copy())
            return []
        start_response("200 OK", encoded.headers.copy())
        return [encoded.body] if environ["REQUEST_METHOD"] == "GET" else []

    def _negotiate_coding(self, accepted: str) -> str:
        if len(self._codings) >= _MAX_CODINGS:
            self._codings.clear()
        coding = self._codings[accepted[:500]] = choose_coding(accepted[:500])
        return coding

    # --- storing ---------------------------------------------------------------------------------------------

    def _load(self, epoch: CacheEpoch, key: Key) -> CachedPage | None:
        page = self._files.load(epoch.name, key)
        if page is not None:
            self._save_in_memory(epoch, key, page)
        return page

    def _cache_response(self, epoch: CacheEpoch, key: Key, response: CapturedResponse) -> CachedPage | None:
        """Cache a response and return it as a page, or return None if it is not cacheable."""
        body = response.body
        if body is None or len(body) > MAX_PAGE_SIZE or not is_cacheable(response.status, response.headers):
            return None
        page = CachedPage.just_rendered(response.headers, body)
        self._save(epoch, key, page)
        return page

    def _add_encoding(self, epoch: CacheEpoch, key: Key, page: CachedPage, coding: str) -> EncodedPage:
        encoded = page.add_encoding(coding)
        self._save(epoch, key, page)
        return encoded

    def _save(self, epoch: CacheEpoch, key: Key, page: CachedPage) -> None:
        version_file = self._version_file
        if epoch is not self._epoch or version_file is None or version_file.read() != epoch.number:
            return  # content changed meanwhile: the page may be outdated
        self._save_in_memory(epoch, key, page)
        try:
            if not self._files.save(epoch.name, key, page):
                self._worker.submit(self._prune)
        except FileNotFoundError:
            return  # the folder was pruned meanwhile
        except OSError:
            self._warn_once("cannot write to %s; pages are cached in memory only")

    def _save_in_memory(self, epoch: CacheEpoch, key: Key, page: CachedPage) -> None:
        if page.size > self._memory_limit:
            return
        with self._lock:
            epoch.size += page.size - epoch.sizes.get(key, 0)
            epoch.sizes[key] = page.size
            epoch.pages[key] = page
            while epoch.size > self._memory_limit:
                oldest = next(iter(epoch.pages))
                del epoch.pages[oldest]
                epoch.size -= epoch.sizes.pop(oldest)

    # --- cache versions --------------------------------------------------------------------------------------

    def _start_epoch(self, number: int) -> CacheEpoch:
        """Start an empty epoch for a version that was just read."""
        with self._lock:
            if self._epoch.number != number:
                self._epoch = CacheEpoch(number, self._day, self._build)
                self._worker.submit(self._prune)
            return self._epoch

    def _schedule_check(self) -> None:
        with self._lock:
            if monotonic() < self._next_check:
                return
            self._next_check = monotonic() + self._check_interval
        self._worker.submit(self._check_version, wait=CHECK_TIMEOUT)

    def _check_version(self) -> None:
        """Set the shared version to that of the database, in case a process crashed between commit and writing it."""
        if self._version_file is None or not self._version_file.is_current():
            self._version_file = self._open_version_file()
        self._set_day(strftime("%Y%m%d"))
        version_file = self._version_file
        if version_file is None:
            return
        shared = version_file.read()
        number = self._read_version()
        if number is None:
            return
        if shared is None:
            version_file.write(number)  # the file was truncated
        elif number < shared:
            # The shared number is written after the commit. A smaller one means that a backup was restored.
            self._files.clear()
            version_file.reset(number)
        elif number > shared:
            version_file.write(number)

    def _set_day(self, day: str) -> None:
        with self._lock:
            if day != self._day:
                self._day = day
                self._epoch = CacheEpoch(-1, day, self._build)

    def _open_version_file(self) -> CacheVersionFile | None:
        try:
            return CacheVersionFile(self._directory)
        except OSError:
            self._warn_once("cannot use %s; pages are not cached")
            return None

    def _prune(self) -> None:
        epoch = self._epoch
        try:
            if epoch.number >= 0:
                self._files.prune(epoch.name)
        except FileNotFoundError:
            return  # the folder was emptied meanwhile
        except OSError:
            self._warn_once("cannot prune %s")

    def _warn_once(self, text: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            logger.warning(f"Page cache: {text}", self._directory, exc_info=True)
