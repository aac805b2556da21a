"""Requesting a page from Django without anything that depends on the client."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import chain
from types import TracebackType
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from snz_portal.page_cache.files import Key
from snz_portal.page_cache.page import MAX_PAGE_SIZE, Headers

ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class CapturedResponse:
    """The response of a WSGI application. `body` is None if it is longer than `MAX_PAGE_SIZE`."""

    def __init__(self, app: WSGIApplication, environ: WSGIEnvironment) -> None:
        self.status = ""
        self.headers: Headers = []
        self._written: list[bytes] = []
        self._result = app(environ, self._start)
        self._chunks = iter(self._result)
        try:
            self.body = self._read()
        except BaseException:  # including SystemExit: nothing else can close the response then
            self._close()
            raise
        if self.body is not None:
            self._close()

    def _start(self, status: str, headers: Headers, exc_info: ExcInfo | None = None, /) -> Callable[[bytes], object]:
        self.status, self.headers = status, list(headers)
        return self._written.append

    def _read(self) -> bytes | None:
        chunks, size = self._written, 0
        for chunk in self._chunks:
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_PAGE_SIZE:
                return None
        return b"".join(chunks)

    def _close(self) -> None:
        if (close := getattr(self._result, "close", None)) is not None:
            close()

    def send(self, start_response: StartResponse, *, with_body: bool) -> Iterable[bytes]:
        """Send the response unchanged."""
        start_response(self.status, self.headers)
        if self.body is not None:
            return [self.body] if with_body else []
        if not with_body:
            self._close()
            return []
        return _StreamedBody(chain(self._written, self._chunks), self._close)


class _StreamedBody:
    """The body of a long response, sent in chunks. The server calls `close`."""

    def __init__(self, chunks: Iterator[bytes], close: Callable[[], None]) -> None:
        self._chunks = chunks
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks


def fetch_canonical(app: WSGIApplication, environ: WSGIEnvironment, key: Key) -> CapturedResponse:
    """Send a GET request to Django that contains only the key of the page, and return the response.

    No cookies, no Accept-Language, no conditional headers and no other headers reach the view, so that none of them
    can affect a page that is cached for everybody. Pages below a language prefix do not need them for GET: public
    pages do not use the session. POST requests go to Django unchanged. Responses that are not cached (404, redirects,
    a subscriber's own pages) are fetched in the same way.
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
    return CapturedResponse(app, canonical)
