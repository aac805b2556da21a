"""A finished page as the page store keeps it: its headers and its body in each coding that was asked for."""

import gzip
import hashlib
import sys
import time
from collections.abc import Mapping

import brotli
from django.utils.http import parse_http_date_safe

from snz_portal.page_store.negotiation import BROTLI, GZIP, IDENTITY

Headers = list[tuple[str, str]]

LARGEST = 4 * 2**20  # bytes; a longer page is answered but not kept
_OVERHEAD = 3_000  # bytes that a page and each of its forms weigh beside the body, roughly
_DERIVED = {"content-length", "content-encoding", "etag", "vary", "date", "connection"}
# What describes a body is left out where none is sent; Content-Security-Policy and its like stay (RFC 9110, 15.4.5).
_OF_BODY = {"content-length", "content-encoding", "content-type", "content-language"}
_SUFFIXES = {IDENTITY: "", GZIP: "-gzip", BROTLI: "-br"}


class Form:
    """A page in one coding: what is sent, ready to send."""

    __slots__ = ("body", "etag", "headers", "not_modified")

    def __init__(self, headers: Headers, body: bytes, coding: str, fingerprint: str) -> None:
        self.body = body
        self.etag = f'"{fingerprint}{_SUFFIXES[coding]}"'
        own = [("Vary", "Accept-Encoding"), ("ETag", self.etag), ("Content-Length", str(len(body)))]
        if coding:
            own.append(("Content-Encoding", coding))
        self.headers: Headers = headers + own
        self.not_modified: Headers = [(name, value) for name, value in self.headers if name.lower() not in _OF_BODY]


class StoredPage:
    """A page that anybody may have. Codings are made when first asked for, once."""

    __slots__ = ("_fingerprint", "_headers", "forms", "is_young", "last_modified")

    def __init__(self, headers: Headers, bodies: Mapping[str, bytes], *, is_young: bool) -> None:
        """`bodies` by coding, at least the identity one. `is_young`: see `made_now`."""
        body = bodies[IDENTITY]
        # Most pages have the same headers: one copy of each in memory.
        self._headers = [(sys.intern(n), sys.intern(v)) for n, v in headers if n.lower() not in _DERIVED]
        self._fingerprint = hashlib.blake2b(body, digest_size=12).hexdigest()
        self.is_young = is_young
        self.last_modified = _last_modified(headers)
        self.forms = {coding: self._form(coding, packed) for coding, packed in bodies.items()}

    @classmethod
    def made_now(cls, headers: Headers, body: bytes) -> "StoredPage":
        """A page just rendered.

        One whose Last-Modified is hardly past could change again within that second; it is young for good: no
        If-Modified-Since ever finds it unmodified (RFC 9110, 8.8.2.2).
        """
        return cls(headers, {IDENTITY: body}, is_young=_last_modified(headers) >= int(time.time()) - 1)

    def _form(self, coding: str, packed: bytes) -> Form:
        return Form(self._headers, packed, coding, self._fingerprint)

    def add_form(self, coding: str) -> Form:
        """Encode the page. One that coding makes no smaller is sent plain under that coding's name, too."""
        plain = self.forms[IDENTITY]
        packed = _ENCODERS[coding](plain.body)
        form = self._form(coding, packed) if len(packed) < len(plain.body) else plain
        self.forms[coding] = form
        return form

    @property
    def size(self) -> int:
        """About how many bytes of memory this takes."""
        return sum(len(form.body) + _OVERHEAD for form in list(self.forms.values()))

    @property
    def headers(self) -> Headers:
        """Those that all forms share."""
        return self._headers

    @property
    def bodies(self) -> dict[str, bytes]:
        """By coding; plain ones that stand in for a coding are left out."""
        plain = self.forms[IDENTITY]
        return {coding: form.body for coding, form in list(self.forms.items()) if form is not plain or not coding}


def is_storable(status: str, headers: Headers) -> bool:
    """Whether an answer says of itself that it is one and the same for everybody."""
    fields: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    allowed = {part.strip().lower() for part in fields.get("cache-control", "").split(",")}
    vary = {part.strip().lower() for part in fields.get("vary", "").split(",")}
    return (
        status.startswith("200 ")
        and "public" in allowed
        and not allowed & {"private", "no-store"}
        and vary <= {"", "accept-encoding"}
        and not fields.keys() & {"set-cookie", "content-encoding", "content-range", "transfer-encoding"}
    )


def _last_modified(headers: Headers) -> int:
    # Unix seconds; now, where the page does not say, so that it is young.
    value = next((value for name, value in headers if name.lower() == "last-modified"), "")
    return parse_http_date_safe(value) or int(time.time())


def _brotli(body: bytes) -> bytes:
    # A window of 256 kB holds a page; the default one of 4 MB would cost each worker that much for good.
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=5, lgwin=18)
    return packed


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


_ENCODERS = {BROTLI: _brotli, GZIP: _gzip}
