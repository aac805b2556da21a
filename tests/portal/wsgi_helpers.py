"""A simple WSGI application, a page cache in front of it, and a client: helpers for tests of the page cache."""

import gzip
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path

import brotli

from snz_portal.page_cache.middleware import PageCache

PUBLIC = ("Cache-Control", "public, max-age=0, s-maxage=10")
OLD = ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
SAFETY = [("Content-Security-Policy", "default-src 'none'"), ("X-Frame-Options", "DENY")]
TYPE = ("Content-Type", "text/html; charset=utf-8")


class Site:
    """An application whose pages show `text`. It records requests."""

    def __init__(self) -> None:
        self.text = "first"
        self.requests: list[dict] = []
        self.headers = [TYPE, PUBLIC, OLD, *SAFETY]
        self.status = "200 OK"
        self.version: int | None = 1
        self.before_answer = lambda: None
        self.closed = 0

    def __call__(self, environ, start_response):
        self.requests.append(environ)
        body = f"{self.text} at {environ['PATH_INFO']} {'.' * 2000}".encode()
        self.before_answer()
        start_response(self.status, [*self.headers, ("Content-Length", str(len(body)))])
        return Body(self, body)

    def read_version(self) -> int | None:
        return self.version


class Body:
    def __init__(self, site: Site, body: bytes) -> None:
        self.site, self.pieces = site, [body[:7], body[7:]]

    def __iter__(self):
        return iter(self.pieces)

    def close(self) -> None:
        self.site.closed += 1


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The decoded text without padding."""
        decode = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}
        return decode[self.headers.get("content-encoding")](self.body).decode().rstrip(". ")


def make_cache(app, directory: Path, read_version=lambda: 1, **options) -> PageCache:
    """Create a page cache in front of an application. A `Site` has its own version."""
    given = {"hosts": ["testserver"], "megabytes": 4, "check_interval": 0, **options}
    return PageCache(app, directory, getattr(app, "read_version", read_version), **given)


def make_environ(path="/en/", method="GET", query="", **extra) -> dict:
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    } | {key: value for key, value in extra.items() if value is not None}


def get(app, path="/en/", method="GET", query="", **extra) -> Response:
    """Request a page, with headers such as `HTTP_ACCEPT_ENCODING="br"`."""
    started = []

    def start_response(status, headers, exc_info=None):
        started.append((status, headers))
        return lambda _data: None

    result = app(make_environ(path, method, query, **extra), start_response)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, headers = started[-1]
    return Response(int(status[:3]), {name.lower(): value for name, value in headers}, body)


def wait_for_worker(cache) -> None:
    """Wait until the background worker of a cache has run all its tasks."""
    cache._worker.submit(lambda: None, wait=10)
