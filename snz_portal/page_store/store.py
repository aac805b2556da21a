"""The page store: finished public pages in front of Django. It knows addresses and one generation number, no issues.

A page is kept in the worker's memory and in a folder that all workers of the machine share, each time under the
generation that was current *before* it was rendered, and only if that is still current afterwards. Raising the number
in the shared file (`digest.common.generation`) therefore makes every kept page an old one, at the next request.
"""

import logging
import re
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, strftime
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from digest.common.generation import GenerationFile
from snz_portal.page_store.attendant import Attendant
from snz_portal.page_store.canonical import Answer, ask
from snz_portal.page_store.files import Key, PageFiles
from snz_portal.page_store.negotiation import choose_coding, has_etag, is_unmodified
from snz_portal.page_store.page import LARGEST, Form, StoredPage, is_storable

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0  # how often a worker looks at the database for a number that nobody announced
PATIENCE = 1.0  # seconds that a request waits for that look, at most
IN_MEMORY = 32 * 2**20  # bytes of pages in one worker's memory, at most
_QUERY = re.compile(r"(?:page=[1-9][0-9]{0,3})?")
_LONGEST_PATH = 1024
_REMEMBERED = 256  # Accept-Encoding fields whose meaning is remembered


@dataclass
class Epoch:
    """What is kept under one generation on one day: pages show what is to come and what is past."""

    number: int
    day: str
    build: str
    pages: dict[Key, StoredPage] = field(default_factory=dict)
    sizes: dict[Key, int] = field(default_factory=dict)  # bytes
    size: int = 0  # bytes, all together

    @property
    def name(self) -> str:
        return f"{self.number}-{self.day}-{self.build}"


class PageStore:
    """WSGI middleware. Only what Django calls public is kept, and only as Django renders it for nobody in particular.

    - `read_generation` gives the database's number, or None if it cannot be had now.
    - `megabytes` bounds the folder; `hosts` are the Host fields (with port, if any) that pages are kept for.
    - `prefixes` are the first parts of public addresses: `/<prefix>/...`.
    - `trusts_proxy` says that X-Forwarded-Proto comes from our own proxy.
    - `build` (letters and digits) tells the pages of one version of the portal from another's.
    """

    def __init__(
        self,
        app: WSGIApplication,
        directory: Path,
        read_generation: Callable[[], int | None],
        megabytes: int,
        *,
        hosts: Collection[str],
        prefixes: Collection[str] = ("zh-hant", "zh-hans", "en"),
        trusts_proxy: bool = False,
        build: str = "0",
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._app = app
        self._read_generation = read_generation
        self._hosts = frozenset(hosts)
        self._is_public = re.compile(f"/(?:{'|'.join(map(re.escape, prefixes))})/").match
        self._trusts_proxy = trusts_proxy
        self._build = build
        self._look_seconds = look_seconds
        self._directory = directory
        self._files = PageFiles(directory, megabytes * 2**20)
        self._in_memory = min(IN_MEMORY, megabytes * 2**20)
        self._codings: dict[str, str] = {}
        self._lock = threading.Lock()
        self._attendant = Attendant()
        self._next_look = 0.0
        self._day = strftime("%Y%m%d")
        self._has_complained = False
        self._generation = self._open_generation()
        self._epoch = Epoch(-1, self._day, build)  # no number there is

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if monotonic() >= self._next_look:
            self._look()
        generation, epoch = self._generation, self._epoch
        number = generation.read() if generation is not None else None
        if number is None:
            return self._app(environ, start_response)
        if number != epoch.number:
            epoch = self._turn(number)
        scheme = environ["wsgi.url_scheme"]
        if self._trusts_proxy:
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", scheme)
        # A key in the dictionary has passed `_is_ours` before.
        key = (environ.get("HTTP_HOST", ""), scheme, environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
        page = epoch.pages.get(key)
        method = environ["REQUEST_METHOD"]
        if (method != "GET" and method != "HEAD") or environ.get("SCRIPT_NAME"):
            return self._app(environ, start_response)
        if page is None:
            if not self._is_ours(key):
                return self._app(environ, start_response)
            page = self._fetch(epoch, key)
        if page is None:
            answer = ask(self._app, environ, key)
            page = self._keep(epoch, key, answer)
            if page is None:
                return answer.give(start_response, with_body=method == "GET")
        return self._answer(epoch, key, page, environ, start_response)

    def _is_ours(self, key: Key) -> bool:
        host, scheme, path, query = key
        return (
            host in self._hosts
            and scheme in ("http", "https")
            and len(path) <= _LONGEST_PATH
            and self._is_public(path) is not None
            and _QUERY.fullmatch(query) is not None
        )

    def _answer(
        self, epoch: Epoch, key: Key, page: StoredPage, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        coding = self._codings.get(accepted)
        if coding is None:
            coding = self._read_accepted(accepted)
        form = page.forms.get(coding) or self._add_form(epoch, key, page, coding)
        # If-Match, If-Unmodified-Since, Range and a request's Cache-Control may be passed over by a cache that is
        # never behind (RFC 9110, 13.1.1, 13.1.4, 14.2; RFC 9111, 5.2.1).
        if "HTTP_IF_NONE_MATCH" in environ:
            is_known = has_etag(environ["HTTP_IF_NONE_MATCH"], form.etag)
        elif "HTTP_IF_MODIFIED_SINCE" in environ and not page.is_young:
            is_known = is_unmodified(environ["HTTP_IF_MODIFIED_SINCE"], page.last_modified)
        else:
            is_known = False
        # Servers may change the lists they are given (PEP 3333): each gets its own.
        if is_known:
            start_response("304 Not Modified", form.not_modified.copy())
            return []
        start_response("200 OK", form.headers.copy())
        return [form.body] if environ["REQUEST_METHOD"] == "GET" else []

    def _read_accepted(self, accepted: str) -> str:
        if len(self._codings) >= _REMEMBERED:
            self._codings.clear()
        coding = self._codings[accepted[:500]] = choose_coding(accepted[:500])
        return coding

    # --- keeping ---------------------------------------------------------------------------------------------

    def _fetch(self, epoch: Epoch, key: Key) -> StoredPage | None:
        page = self._files.load(epoch.name, key)
        if page is not None:
            self._remember(epoch, key, page)
        return page

    def _keep(self, epoch: Epoch, key: Key, answer: Answer) -> StoredPage | None:
        """The page that an answer is, kept if it is still what the database says; None if it is not for everybody."""
        if answer.body is None or len(answer.body) > LARGEST or not is_storable(answer.status, answer.headers):
            return None
        page = StoredPage.made_now(answer.headers, answer.body)
        self._store(epoch, key, page)
        return page

    def _add_form(self, epoch: Epoch, key: Key, page: StoredPage, coding: str) -> Form:
        form = page.add_form(coding)
        self._store(epoch, key, page)
        return form

    def _store(self, epoch: Epoch, key: Key, page: StoredPage) -> None:
        generation = self._generation
        if epoch is not self._epoch or generation is None or generation.read() != epoch.number:
            return  # something was published meanwhile: this may be a page of before
        self._remember(epoch, key, page)
        try:
            if not self._files.save(epoch.name, key, page):
                self._attendant.ask(self._tidy)
        except FileNotFoundError:
            return  # the folder was tidied away under us
        except OSError:
            self._complain("cannot write to %s; pages are kept in memory only")

    def _remember(self, epoch: Epoch, key: Key, page: StoredPage) -> None:
        if page.size > self._in_memory:
            return
        with self._lock:
            epoch.size += page.size - epoch.sizes.get(key, 0)
            epoch.sizes[key] = page.size
            epoch.pages[key] = page
            while epoch.size > self._in_memory:
                oldest = next(iter(epoch.pages))
                del epoch.pages[oldest]
                epoch.size -= epoch.sizes.pop(oldest)

    # --- generations -----------------------------------------------------------------------------------------

    def _turn(self, number: int) -> Epoch:
        """Begin the epoch of this number, as just read."""
        with self._lock:
            if self._epoch.number != number:
                self._epoch = Epoch(number, self._day, self._build)
                self._attendant.ask(self._tidy)
            return self._epoch

    def _look(self) -> None:
        with self._lock:
            if monotonic() < self._next_look:
                return
            self._next_look = monotonic() + self._look_seconds
        self._attendant.ask(self._check, wait=PATIENCE)

    def _check(self) -> None:
        """Bring the shared number in line with the database's, whatever crashed between commit and announcement."""
        if self._generation is None or not self._generation.is_current():
            self._generation = self._open_generation()
        self._set_day(strftime("%Y%m%d"))
        generation = self._generation
        if generation is None:
            return
        announced = generation.read()
        number = self._read_generation()
        if number is None:
            return
        if announced is None:
            generation.write(number)  # somebody has truncated the file
        elif number < announced:
            # Numbers are announced after they are committed. A smaller one is of another, an older database.
            self._files.wipe()
            generation.reset(number)
        elif number > announced:
            generation.write(number)

    def _set_day(self, day: str) -> None:
        with self._lock:
            if day != self._day:
                self._day = day
                self._epoch = Epoch(-1, day, self._build)

    def _open_generation(self) -> GenerationFile | None:
        try:
            return GenerationFile(self._directory)
        except OSError:
            self._complain("cannot use %s; every page is rendered anew")
            return None

    def _tidy(self) -> None:
        epoch = self._epoch
        try:
            if epoch.number >= 0:
                self._files.tidy(epoch.name)
        except FileNotFoundError:
            return  # emptied under us, which anybody may do
        except OSError:
            self._complain("cannot tidy %s")

    def _complain(self, text: str) -> None:
        if not self._has_complained:
            self._has_complained = True
            logger.warning(f"page store: {text}", self._directory, exc_info=True)
