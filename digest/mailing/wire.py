"""A mail as it travels, encoded once and kept in pieces; what is one person's own is spliced in in microseconds."""

import binascii
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from digest.mailing.header_fields import Refused, field
from digest.subscriptions import tokens

TOKEN = tokens.LENGTH  # characters of a slot's value in the bodies; in header fields it may have any length
LINE = 57  # bytes that one base64 line of 76 columns holds (RFC 2045, 6.8)
BOUNDARY = "=_text-and-html"  # no base64 line begins with hyphens, so it cannot occur in a part

_VALUE = re.compile(rb"[!-+\--:<-~]+")  # one word of ASCII, and not two addresses with a comma or semicolon between
MARK = re.compile(rf"~([a-z][a-z_]{{{TOKEN - 3}}})~")
_MARKED = re.compile(MARK.pattern.encode())

Values = Mapping[str, bytes]


def slot(name: str) -> str:
    """What to write where a person's own value of this name will stand: as long as a token, and never one."""
    mark = f"~{name:_<{TOKEN - 2}}~"
    if not MARK.fullmatch(mark) or name.endswith("_"):
        raise ValueError(f"no name of a slot: {name!r}")
    return mark


@dataclass(frozen=True)
class Splice:
    """A few groups of three bytes in a base64 body: fixed bytes and slots, and where lines end in their encoding."""

    parts: tuple[bytes | str, ...]
    cuts: tuple[int, ...]

    def encode(self, values: Values) -> bytes:
        raw = b"".join([part if isinstance(part, bytes) else values[part] for part in self.parts])
        code = binascii.b2a_base64(raw, newline=False)
        for cut in self.cuts:
            code = code[:cut] + b"\r\n" + code[cut:]
        return code


@dataclass(frozen=True)
class Pieces:
    """A whole message with CRLF line ends, 7-bit clean, no line beginning with a dot: fixed bytes, slots and splices.

    A `str` among the pieces is a header's slot. The final dot of SMTP's DATA is not part of it.
    """

    pieces: tuple[bytes | str | Splice, ...]

    @cached_property
    def header_slots(self) -> frozenset[str]:
        return frozenset(piece for piece in self.pieces if isinstance(piece, str))

    @cached_property
    def body_slots(self) -> frozenset[str]:
        splices = (piece for piece in self.pieces if isinstance(piece, Splice))
        return frozenset(part for splice in splices for part in splice.parts if isinstance(part, str))

    @property
    def slots(self) -> frozenset[str]:
        return self.header_slots | self.body_slots

    @cached_property
    def _fixed(self) -> list[bytes]:
        return [piece if isinstance(piece, bytes) else b"" for piece in self.pieces]

    @cached_property
    def _headers(self) -> list[tuple[int, str]]:
        return [(at, piece) for at, piece in enumerate(self.pieces) if isinstance(piece, str)]

    @cached_property
    def _splices(self) -> list[tuple[int, Splice]]:
        return [(at, piece) for at, piece in enumerate(self.pieces) if isinstance(piece, Splice)]

    def fill(self, values: Values) -> list[bytes]:
        """The message for one person, to be written one after another. Raises `Refused`, and KeyError if one lacks."""
        out = self._fixed.copy()
        for at, name in self._headers:
            out[at] = values[name]
            if not _VALUE.fullmatch(out[at]):
                raise Refused(f"not fit for a header field: {name}")
        for name in self.body_slots:
            if len(values[name]) != TOKEN:
                raise Refused(f"expected values of {TOKEN} bytes in the text")
        for at, splice in self._splices:
            out[at] = splice.encode(values)
        return out

    def unfilled(self) -> list[bytes]:
        """The message for nobody yet: each slot holds its own mark, see `slot`."""
        return self.fill({name: slot(name).encode("ascii") for name in self.slots})

    def dump(self) -> bytes:
        """As bytes for the database."""
        rows = [_dumped(piece) for piece in self.pieces]
        return json.dumps(rows, separators=(",", ":")).encode()

    @classmethod
    def load(cls, dumped: bytes | memoryview) -> Self:
        """What `dump` gave."""
        return cls(tuple(_loaded(row) for row in json.loads(bytes(dumped))))


def _dumped(piece: bytes | str | Splice) -> object:
    if isinstance(piece, bytes):
        return piece.decode("ascii")
    if isinstance(piece, str):
        return [piece]
    return [[p.decode("latin-1") if isinstance(p, bytes) else [p] for p in piece.parts], list(piece.cuts)]


def _loaded(row: object) -> bytes | str | Splice:
    match row:
        case str(text):
            return text.encode("ascii")
        case [str(name)]:
            return name
        case [list(parts), list(cuts)]:
            kept = tuple(p.encode("latin-1") if isinstance(p, str) else str(p[0]) for p in parts)
            return Splice(kept, tuple(cuts))
    raise ValueError("not the pieces of a mail")


# --- making ------------------------------------------------------------------------------------------------------


def freeze(headers: Iterable[tuple[str, str]], text: str, html: str) -> Pieces:
    """A multipart/alternative message, text first (RFC 2046, 5.1.4), both parts UTF-8 in base64.

    `headers` are names and values, the MIME ones left out; a value that is not ASCII is encoded as RFC 2047 says,
    which suits unstructured fields only: see `header_fields` for the others. Values of header fields and both
    texts may hold `slot(...)`. Raises `Refused` if a header field holds what it must not.
    """
    pieces: list[bytes | str | Splice] = []
    for name, value in headers:
        pieces += _with_slots(field(name, value, fold=not MARK.search(value)))
    pieces.append(_ascii(f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n'))
    for subtype, content in (("plain", text), ("html", html)):
        pieces.append(
            _ascii(
                f'--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
                "Content-Transfer-Encoding: base64\r\n\r\n"
            )
        )
        pieces += _body(canonical_lines(content).encode())
        pieces.append(b"\r\n")
    pieces.append(_ascii(f"--{BOUNDARY}--\r\n"))
    return Pieces(tuple(_joined(pieces)))


def _with_slots(line: str) -> Iterator[bytes | str]:
    """A header field with its line's end, in fixed bytes and names of slots."""
    for index, part in enumerate(MARK.split(line)):
        yield part.rstrip("_") if index % 2 else _ascii(part)
    yield b"\r\n"


def canonical_lines(text: str) -> str:
    """A text with CRLF at the end of its lines, as text parts must have before they are encoded (RFC 2045, 6.8)."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def encoded_size(text: str) -> int:
    """How many bytes a text becomes on its way: UTF-8 in base64 with its line ends."""
    size = len(canonical_lines(text).encode())
    return -(-size // 3) * 4 + -(-size // LINE) * 2


def _ascii(text: str) -> bytes:
    return text.encode("ascii")


def _body(raw: bytes) -> Iterator[bytes | Splice]:
    """A body in base64 lines without the last line's end: fixed stretches, and splices around the slots."""
    at = 0
    for start, end, slots in _stretches(raw):
        yield _lines(raw, at, start)
        yield _splice(raw, start, end, slots)
        at = end
    yield _lines(raw, at, len(raw))


def _stretches(raw: bytes) -> Iterator[tuple[int, int, list[tuple[int, str]]]]:
    """The groups of three bytes that slots touch, those that meet joined: start, end, and the slots within."""
    found = [(m.start(), m[1].decode().rstrip("_")) for m in _MARKED.finditer(raw)]
    stretches: list[tuple[int, int, list[tuple[int, str]]]] = []
    for at, name in found:
        start, end = at // 3 * 3, min(-(-(at + TOKEN) // 3) * 3, len(raw))
        if stretches and start < stretches[-1][1]:
            before = stretches.pop()
            stretches.append((before[0], end, [*before[2], (at, name)]))
        else:
            stretches.append((start, end, [(at, name)]))
    yield from stretches


def _splice(raw: bytes, start: int, end: int, slots: Sequence[tuple[int, str]]) -> Splice:
    parts: list[bytes | str] = []
    at = start
    for position, name in slots:
        parts += [raw[at:position], name]
        at = position + TOKEN
    parts.append(raw[at:end])
    # A line's end stands before the first group of the next line; counted from behind, each cut leaves the others be.
    ends = [line for line in range(-(-start // LINE) * LINE, end, LINE) if line and line >= start]
    cuts = tuple((line - start) // 3 * 4 for line in reversed(ends))
    return Splice(tuple(part for part in parts if part), cuts)


def _lines(raw: bytes, start: int, end: int) -> bytes:
    """`raw[start:end]` in base64, with a line's end wherever one falls; both are on groups of three, or the end."""
    out = []
    while start < end:
        stop = min((start // LINE + 1) * LINE, end)
        if start and start % LINE == 0:
            out.append(b"\r\n")
        out.append(binascii.b2a_base64(raw[start:stop], newline=False))
        start = stop
    return b"".join(out)


def _joined(pieces: Iterable[bytes | str | Splice]) -> Iterator[bytes | str | Splice]:
    """With fixed bytes that meet made one."""
    for is_fixed, group in itertools.groupby(pieces, lambda piece: isinstance(piece, bytes)):
        if is_fixed:
            joined = b"".join(piece for piece in group if isinstance(piece, bytes))
            if joined:
                yield joined
        else:
            yield from group
