"""Header fields of an email: 7-bit, folded, and safe against header injection (RFC 5322, 2047)."""

import base64
import re

from django.utils.translation import gettext as _

WIDTH = 78  # columns that a header line should keep to (RFC 5322, 2.1.1)
WORD = 75  # columns of an encoded word at most (RFC 2047, 2)

# C0 and C1 controls, line and paragraph separators, marks and overrides of direction, halves of surrogate pairs.
NOT_ALLOWED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NAME = re.compile(r"[A-Z][A-Za-z-]*")


class UnsafeContent(ValueError):
    """Content that an email may not have: a control character in a header field, a malformed value for a slot."""


def mailbox(name: str, address: str) -> str:
    """`name <address>` for From and the like; the name quoted or encoded as needed."""
    if not re.fullmatch(r"[\x21-\x7e]+@[A-Za-z0-9.-]+", address) or set(address) & set('<>,;:\\"()[]'):
        raise UnsafeContent("not an address")
    return f"{phrase(name)} <{address}>" if name else address


def phrase(words: str) -> str:
    """A phrase, as before an address or a List-Id (RFC 5322, 3.2.5)."""
    _check(words)
    if not words.isascii() or "=?" in words:
        return " ".join(_encoded_words(words, WORD - len("Subject: ")))
    if re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+", words):
        return words
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def field(name: str, value: str, *, fold: bool = True) -> str:
    """`name: value`, folded by default, without the last line end. Raises `UnsafeContent`."""
    if not _NAME.fullmatch(name):
        raise UnsafeContent(f"not a valid header field name: {name!r}")
    value = value.strip(" ")
    _check(value)
    if value.isascii() and (name != "Subject" or "=?" not in value):
        line = f"{name}: {value}"
        return _folded(line) if fold else line
    return f"{name}: " + "\r\n ".join(_encoded_words(value, WIDTH - len(name) - 2))


def _check(value: str) -> None:
    if found := NOT_ALLOWED.search(value):
        code = f"U+{ord(found[0]):04X}"
        raise UnsafeContent(_("the character %(code)s is not allowed in a subject or name") % {"code": code})


def _folded(line: str) -> str:
    """Folded before spaces to lines of at most WIDTH columns where words allow (RFC 5322, 2.2.3)."""
    lines: list[str] = []
    for word in re.findall(r"^[^:]+: *[^ ]+|^[^:]+: *| +[^ ]+", line):
        if lines and len(lines[-1]) + len(word) <= WIDTH:
            lines[-1] += word
        else:
            lines.append(word)
    return "\r\n".join(lines)


def _encoded_words(value: str, first_width: int) -> list[str]:
    """Encode as RFC 2047 words, each of whole characters; the first has at most `first_width` columns."""
    words: list[str] = []
    taken = b""
    for character in value:
        room = (min(first_width if not words else WORD, WORD) - len("=?utf-8?B??=")) // 4 * 3
        more = character.encode()
        if len(taken) + len(more) > room:
            words.append(_encoded_word(taken))
            taken = b""
        taken += more
    return [*words, _encoded_word(taken)]


def _encoded_word(taken: bytes) -> str:
    return f"=?utf-8?B?{base64.b64encode(taken).decode()}?="
