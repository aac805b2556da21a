"""A cached page: its headers, and its body in each content coding that was requested."""

import gzip
import hashlib
import sys
import time
from collections.abc import Mapping

import brotli
from django.utils.http import parse_http_date_safe

from snz_portal.page_cache.negotiation import BROTLI, GZIP, IDENTITY

Headers = list[tuple[str, str]]

MAX_PAGE_SIZE = 4 * 2**20  # bytes; longer pages are not cached
_MEMORY_OVERHEAD = 3_000  # estimated bytes of memory per encoding, besides the body
_DERIVED_HEADERS = {"content-length", "content-encoding", "etag", "vary", "date", "connection"}
# Left out of a 304 response, which has no body (RFC 9110, 15.4.5).
_BODY_HEADERS = {"content-length", "content-encoding", "content-type", "content-language"}
_SUFFIXES = {IDENTITY: "", GZIP: "-gzip", BROTLI: "-br"}


class EncodedPage:
    """A page in one content coding, ready to be sent."""

    __slots__ = ("body", "etag", "headers", "not_modified")

    def __init__(self, headers: Headers, body: bytes, coding: str, fingerprint: str) -> None:
        self.body = body
        self.etag = f'"{fingerprint}{_SUFFIXES[coding]}"'
        own = [("Vary", "Accept-Encoding"), ("ETag", self.etag), ("Content-Length", str(len(body)))]
        if coding:
            own.append(("Content-Encoding", coding))
        self.headers: Headers = headers + own
        self.not_modified: Headers = [
            (name, value) for name, value in self.headers if name.lower() not in _BODY_HEADERS
        ]


class CachedPage:
    """A public page. Each encoding is made once, when it is first requested."""

    __slots__ = ("_fingerprint", "_headers", "encodings", "has_weak_date", "last_modified")

    def __init__(self, headers: Headers, bodies: Mapping[str, bytes], *, has_weak_date: bool) -> None:
        """Create a page from `bodies` by coding, including identity. For `has_weak_date`, see `just_rendered`."""
        body = bodies[IDENTITY]
        # Interned, because most pages have the same headers.
        self._headers = [(sys.intern(n), sys.intern(v)) for n, v in headers if n.lower() not in _DERIVED_HEADERS]
        self._fingerprint = hashlib.blake2b(body, digest_size=12).hexdigest()
        self.has_weak_date = has_weak_date
        self.last_modified = _last_modified(headers)
        self.encodings = {coding: self._encode(coding, packed) for coding, packed in bodies.items()}

    @classmethod
    def just_rendered(cls, headers: Headers, body: bytes) -> "CachedPage":
        """Create a page that was rendered in this second.

        A page whose Last-Modified is only a second ago could change again within that second. Such a date is weak
        (RFC 9110, 8.8.2.2): the page is always sent in answer to If-Modified-Since.
        """
        return cls(headers, {IDENTITY: body}, has_weak_date=_last_modified(headers) >= int(time.time()) - 1)

    def _encode(self, coding: str, packed: bytes) -> EncodedPage:
        return EncodedPage(self._headers, packed, coding, self._fingerprint)

    def add_encoding(self, coding: str) -> EncodedPage:
        """Encode the page and return the result. If it is not smaller, the identity encoding is used instead."""
        plain = self.encodings[IDENTITY]
        packed = _ENCODERS[coding](plain.body)
        encoded = self._encode(coding, packed) if len(packed) < len(plain.body) else plain
        self.encodings[coding] = encoded
        return encoded

    @property
    def size(self) -> int:
        """The estimated size in memory in bytes."""
        return sum(len(encoded.body) + _MEMORY_OVERHEAD for encoded in list(self.encodings.values()))

    @property
    def headers(self) -> Headers:
        """The headers that all encodings have in common."""
        return self._headers

    @property
    def bodies(self) -> dict[str, bytes]:
        """Bodies by coding, without those that fell back to identity."""
        plain = self.encodings[IDENTITY]
        return {
            coding: encoded.body
            for coding, encoded in list(self.encodings.items())
            if encoded is not plain or not coding
        }


def is_cacheable(status: str, headers: Headers) -> bool:
    """Return whether a response declares itself the same for everybody."""
    fields: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    cache_control = {part.strip().lower() for part in fields.get("cache-control", "").split(",")}
    vary = {part.strip().lower() for part in fields.get("vary", "").split(",")}
    return (
        status.startswith("200 ")
        and "public" in cache_control
        and not cache_control & {"private", "no-store"}
        and vary <= {"", "accept-encoding"}
        and not fields.keys() & {"set-cookie", "content-encoding", "content-range", "transfer-encoding"}
    )


def _last_modified(headers: Headers) -> int:
    # The current time if the header is missing, so that the date counts as weak.
    value = next((value for name, value in headers if name.lower() == "last-modified"), "")
    return parse_http_date_safe(value) or int(time.time())


def _brotli(body: bytes) -> bytes:
    # A window of 256 kB is enough for a page; the default of 4 MB would stay allocated in each worker.
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=5, lgwin=18)
    return packed


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


_ENCODERS = {BROTLI: _brotli, GZIP: _gzip}
