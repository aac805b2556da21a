"""Asking Django for a page as nobody in particular would see it, and holding its answer."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import chain
from types import TracebackType
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from snz_portal.page_store.files import Key
from snz_portal.page_store.page import LARGEST, Headers

ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class Answer:
    """What an application answered: `body` whole, or None where it is longer than a page that is kept."""

    def __init__(self, app: WSGIApplication, environ: WSGIEnvironment) -> None:
        self.status = ""
        self.headers: Headers = []
        self._written: list[bytes] = []
        self._result = app(environ, self._start)
        self._chunks = iter(self._result)
        try:
            self.body = self._read()
        except BaseException:  # whatever ends it, the server's own exit included: nobody else can close it any more
            self._close()
            raise
        if self.body is not None:
            self._close()

    def _start(self, status: str, headers: Headers, exc_info: ExcInfo | None = None, /) -> Callable[[bytes], object]:
        self.status, self.headers = status, list(headers)
        return self._written.append

    def _read(self) -> bytes | None:
        pieces, size = self._written, 0
        for piece in self._chunks:
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST:
                return None
        return b"".join(pieces)

    def _close(self) -> None:
        if (close := getattr(self._result, "close", None)) is not None:
            close()

    def give(self, start_response: StartResponse, *, with_body: bool) -> Iterable[bytes]:
        """Hand the answer on as it is."""
        start_response(self.status, self.headers)
        if self.body is not None:
            return [self.body] if with_body else []
        if not with_body:
            self._close()
            return []
        return _Rest(chain(self._written, self._chunks), self._close)


class _Rest:
    """A long answer, passed on piece by piece; the server closes it."""

    def __init__(self, pieces: Iterator[bytes], close: Callable[[], None]) -> None:
        self._pieces = pieces
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


def ask(app: WSGIApplication, environ: WSGIEnvironment, key: Key) -> Answer:
    """GET the page of a key, with nothing of the request but the key.

    No cookie, no language, no condition, no range and no odd header reaches the view, so that none can leave a trace
    in a page that everybody gets. By design no page below a language prefix needs any of them for GET: public pages
    never touch the session, and forms that are sent by POST go to Django untouched. Answers that are not for everybody
    (404, redirects, a subscriber's own page) are made the same way, and just not kept.
    """
    host, scheme, path, query = key
    name, _colon, port = host.partition(":")
    canonical: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": host,
        "SERVER_NAME": name,
        "SERVER_PORT": port or ("443" if scheme == "https" else "80"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": environ["wsgi.errors"],
        "wsgi.multithread": environ["wsgi.multithread"],
        "wsgi.multiprocess": environ["wsgi.multiprocess"],
        "wsgi.run_once": environ["wsgi.run_once"],
    }
    return Answer(app, canonical)
