"""MIME messages encoded once, with slots for personal values that are filled in within microseconds."""

import binascii
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from digest.mailing.header_fields import UnsafeContent, field
from digest.subscriptions import tokens

TOKEN_LENGTH = tokens.LENGTH  # characters of a slot's value in the bodies; in header fields any length is allowed
LINE = 57  # bytes that one base64 line of 76 columns holds (RFC 2045, 6.8)
BOUNDARY = "=_text-and-html"  # no base64 line begins with hyphens, so it cannot occur in a part

_VALUE = re.compile(rb"[!-+\--:<-~]+")  # one word of ASCII, and not two addresses with a comma or semicolon between
SLOT = re.compile(rf"~([a-z][a-z_]{{{TOKEN_LENGTH - 3}}})~")
_SLOT_BYTES = re.compile(SLOT.pattern.encode())

Values = Mapping[str, bytes]


def slot(name: str) -> str:
    """The placeholder of a personal value: as long as a token, but never a valid one."""
    mark = f"~{name:_<{TOKEN_LENGTH - 2}}~"
    if not SLOT.fullmatch(mark) or name.endswith("_"):
        raise ValueError(f"not a valid slot name: {name!r}")
    return mark


@dataclass(frozen=True)
class Base64Slots:
    """A part of a base64 body that contains slots: groups of three bytes, and the line ends in their encoding."""

    parts: tuple[bytes | str, ...]
    cuts: tuple[int, ...]

    def encode(self, values: Values) -> bytes:
        raw = b"".join([part if isinstance(part, bytes) else values[part] for part in self.parts])
        code = binascii.b2a_base64(raw, newline=False)
        for cut in self.cuts:
            code = code[:cut] + b"\r\n" + code[cut:]
        return code


@dataclass(frozen=True)
class MimeTemplate:
    """A message with CRLF line ends, 7-bit, dot-stuffed: fixed bytes, and slots in header fields and bodies.

    A `str` among the parts is a slot of a header field. The final dot of SMTP's DATA is not included.
    """

    parts: tuple[bytes | str | Base64Slots, ...]

    @cached_property
    def header_slots(self) -> frozenset[str]:
        return frozenset(part for part in self.parts if isinstance(part, str))

    @cached_property
    def body_slots(self) -> frozenset[str]:
        stretches = (part for part in self.parts if isinstance(part, Base64Slots))
        return frozenset(part for stretch in stretches for part in stretch.parts if isinstance(part, str))

    @property
    def slots(self) -> frozenset[str]:
        return self.header_slots | self.body_slots

    @cached_property
    def _fixed(self) -> list[bytes]:
        return [part if isinstance(part, bytes) else b"" for part in self.parts]

    @cached_property
    def _headers(self) -> list[tuple[int, str]]:
        return [(at, part) for at, part in enumerate(self.parts) if isinstance(part, str)]

    @cached_property
    def _stretches_at(self) -> list[tuple[int, Base64Slots]]:
        return [(at, part) for at, part in enumerate(self.parts) if isinstance(part, Base64Slots)]

    def fill(self, values: Values) -> list[bytes]:
        """The message for one recipient, in chunks. Raises `UnsafeContent`, and KeyError if a value is missing."""
        out = self._fixed.copy()
        for at, name in self._headers:
            out[at] = values[name]
            if not _VALUE.fullmatch(out[at]):
                raise UnsafeContent(f"not fit for a header field: {name}")
        for name in self.body_slots:
            if len(values[name]) != TOKEN_LENGTH:
                raise UnsafeContent(f"expected values of {TOKEN_LENGTH} bytes in the text")
        for at, stretch in self._stretches_at:
            out[at] = stretch.encode(values)
        return out

    def unfilled(self) -> list[bytes]:
        """The message with its slots left in, see `slot`."""
        return self.fill({name: slot(name).encode("ascii") for name in self.slots})

    def dump(self) -> bytes:
        """The template as bytes for the database."""
        rows = [_dumped(part) for part in self.parts]
        return json.dumps(rows, separators=(",", ":")).encode()

    @classmethod
    def load(cls, dumped: bytes | memoryview) -> Self:
        """The template from the bytes of `dump`."""
        return cls(tuple(_loaded(row) for row in json.loads(bytes(dumped))))


def _dumped(part: bytes | str | Base64Slots) -> object:
    if isinstance(part, bytes):
        return part.decode("ascii")
    if isinstance(part, str):
        return [part]
    return [[p.decode("latin-1") if isinstance(p, bytes) else [p] for p in part.parts], list(part.cuts)]


def _loaded(row: object) -> bytes | str | Base64Slots:
    match row:
        case str(text):
            return text.encode("ascii")
        case [str(name)]:
            return name
        case [list(parts), list(cuts)]:
            kept = tuple(p.encode("latin-1") if isinstance(p, str) else str(p[0]) for p in parts)
            return Base64Slots(kept, tuple(cuts))
    raise ValueError("not a dumped MimeTemplate")


# --- making ------------------------------------------------------------------------------------------------------


def build(headers: Iterable[tuple[str, str]], text: str, html: str) -> MimeTemplate:
    """Build a multipart/alternative message, text first (RFC 2046, 5.1.4), both parts UTF-8 in base64.

    `headers` are names and values, the MIME ones left out; a value that is not ASCII is encoded as RFC 2047 says,
    which suits unstructured fields only: see `header_fields` for the others. Values of header fields and both
    texts may hold `slot(...)`. Raises `UnsafeContent` if a header field contains a character that is not allowed.
    """
    parts: list[bytes | str | Base64Slots] = []
    for name, value in headers:
        parts += _with_slots(field(name, value, fold=not SLOT.search(value)))
    parts.append(_ascii(f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n'))
    for subtype, content in (("plain", text), ("html", html)):
        parts.append(
            _ascii(
                f'--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
                "Content-Transfer-Encoding: base64\r\n\r\n"
            )
        )
        parts += _body(canonical_lines(content).encode())
        parts.append(b"\r\n")
    parts.append(_ascii(f"--{BOUNDARY}--\r\n"))
    return MimeTemplate(tuple(_joined(parts)))


def _with_slots(line: str) -> Iterator[bytes | str]:
    """A header field with its line end: fixed bytes and names of slots."""
    for index, part in enumerate(SLOT.split(line)):
        yield part.rstrip("_") if index % 2 else _ascii(part)
    yield b"\r\n"


def canonical_lines(text: str) -> str:
    """A text with CRLF line ends, as required before encoding (RFC 2045, 6.8)."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def encoded_size(text: str) -> int:
    """The size of a text in bytes as encoded for sending: UTF-8 in base64 with line ends."""
    size = len(canonical_lines(text).encode())
    return -(-size // 3) * 4 + -(-size // LINE) * 2


def _ascii(text: str) -> bytes:
    return text.encode("ascii")


def _body(raw: bytes) -> Iterator[bytes | Base64Slots]:
    """A body in base64 lines without the last line end: fixed parts, and parts around slots."""
    at = 0
    for start, end, slots in _stretches(raw):
        yield _lines(raw, at, start)
        yield _base64_slots(raw, start, end, slots)
        at = end
    yield _lines(raw, at, len(raw))


def _stretches(raw: bytes) -> Iterator[tuple[int, int, list[tuple[int, str]]]]:
    """The ranges of three-byte groups that contain slots, adjacent ones joined: start, end, slots."""
    found = [(m.start(), m[1].decode().rstrip("_")) for m in _SLOT_BYTES.finditer(raw)]
    stretches: list[tuple[int, int, list[tuple[int, str]]]] = []
    for at, name in found:
        start, end = at // 3 * 3, min(-(-(at + TOKEN_LENGTH) // 3) * 3, len(raw))
        if stretches and start < stretches[-1][1]:
            before = stretches.pop()
            stretches.append((before[0], end, [*before[2], (at, name)]))
        else:
            stretches.append((start, end, [(at, name)]))
    yield from stretches


def _base64_slots(raw: bytes, start: int, end: int, slots: Sequence[tuple[int, str]]) -> Base64Slots:
    parts: list[bytes | str] = []
    at = start
    for position, name in slots:
        parts += [raw[at:position], name]
        at = position + TOKEN_LENGTH
    parts.append(raw[at:end])
    # A line end precedes the first group of the next line; from the end, so that earlier positions stay valid.
    ends = [line for line in range(-(-start // LINE) * LINE, end, LINE) if line and line >= start]
    cuts = tuple((line - start) // 3 * 4 for line in reversed(ends))
    return Base64Slots(tuple(part for part in parts if part), cuts)


def _lines(raw: bytes, start: int, end: int) -> bytes:
    """`raw[start:end]` in base64 with line ends; both are multiples of three, or the end."""
    out = []
    while start < end:
        stop = min((start // LINE + 1) * LINE, end)
        if start and start % LINE == 0:
            out.append(b"\r\n")
        out.append(binascii.b2a_base64(raw[start:stop], newline=False))
        start = stop
    return b"".join(out)


def _joined(parts: Iterable[bytes | str | Base64Slots]) -> Iterator[bytes | str | Base64Slots]:
    """The parts, with adjacent fixed bytes joined."""
    for is_fixed, group in itertools.groupby(parts, lambda part: isinstance(part, bytes)):
        if is_fixed:
            joined = b"".join(part for part in group if isinstance(part, bytes))
            if joined:
                yield joined
        else:
            yield from group
