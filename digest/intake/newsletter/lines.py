"""The lines of a document: numbers, marks before and around the text, and tests of their shape."""

import re
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError

from digest.archive.issue_numbers import parse_number
from digest.intake.newsletter.dates import fold
from digest.intake.newsletter.links import Token, has_word, tokenize

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
# Invisible characters of web pages and word processors; U+200D joins emoji and is kept.
_NO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e"))
_HEADING = re.compile(r"^(?:#{1,6}\s+|#{2,6})")
_BULLET = re.compile(r"^(?:[-*+>•‧·–—]\s+|[●○◆◇■□▪▫►▶➤※★☆]\s{0,3})")
_COUNTED = re.compile(r"^[(（]?(?P<number>[0-9０-９]{1,3})(?:[.．、)）]|\.)\s+")
_BARS = re.compile(r"[|｜]")
_ENDS = ("。", ".", "！", "!", "…", "。」", "。”")
_CLOSED = frozenset('。.！!？?)）]］|｜」』”"…》')
_MARK = 60  # characters in which a mark before a title must end
PROSE = 240  # characters; longer texts are not titles (a Han character counts three times)


@dataclass(frozen=True)
class ParsedLine:
    """A non-blank line. `adjacent`: there is no blank line above it."""

    number: int
    text: str
    adjacent: bool

    @cached_property
    def plain(self) -> str:
        """The text without heading, list and bold marks."""
        return strip_marks(self.text)

    @cached_property
    def tokens(self) -> list[Token]:
        return tokenize(self.text)

    @property
    def is_rule(self) -> bool:
        """Whether it is a horizontal rule: three or more equal marks."""
        marks = self.text.replace(" ", "")
        return len(marks) >= 3 and len(set(marks)) == 1 and marks[0] in "-=*_~—–─━"

    @cached_property
    def has_bar(self) -> bool:
        return bool(_BARS.search(self.text))

    @property
    def is_closed(self) -> bool:
        """Whether the line ends like a sentence or a list of links, so that the next line does not continue it."""
        return self.text.rstrip("*_ ")[-1:] in _CLOSED


def read_lines(text: str) -> list[ParsedLine]:
    """The non-blank lines, numbered from 1 as an editor shows them."""
    lines: list[ParsedLine] = []
    last = -1
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if stripped := raw.replace("\0", " ").translate(_NO_WIDTH).strip(_INVISIBLE + " \t\u3000\u00a0").strip():
            lines.append(ParsedLine(number, stripped, adjacent=last == number - 1))
            last = number
    return lines


def strip_marks(text: str) -> str:
    """Remove heading, list and bold marks: `## **本期焦點 標題**` -> `本期焦點 標題`."""
    for _again in range(3):  # a list in a quotation, a heading in a list
        text = _BULLET.sub("", _HEADING.sub("", text))
    if text.endswith("#"):
        text = re.sub(r"\s#{1,6}$", "", text)
    text = text.replace("**", "")
    for mark in ("__", "*", "_"):
        if text.startswith(mark) and text.endswith(mark) and len(text) > 2 * len(mark):
            text = text[len(mark) : -len(mark)]
    return text.strip()


def strip_count(text: str, last: int) -> tuple[str, int]:
    """`3. title` after number 2 -> (`title`, 3). A number that does not continue the count belongs to the title."""
    match = _COUNTED.match(text)
    if match and int(fold(match["number"])) in (1, last + 1):
        return text[match.end() :].strip(), int(fold(match["number"]))
    return text, last


def is_prose(text: str) -> bool:
    """Whether a text is a sentence or more, rather than a title."""
    han = sum(1 for character in text[:PROSE] if "\u4e00" <= character <= "\u9fff")
    return text.endswith(_ENDS) or len(text) + 2 * han > PROSE


def join(first: str, second: str) -> str:
    """Join two lines of a text, with a space between Latin words."""
    space = " " if first[-1:].isascii() and second[:1].isascii() else ""
    return f"{first}{space}{second}"


# --- marks before titles -----------------------------------------------------------------------------------------

_OPEN, _CLOSE = r"[\[【〔(<《「]", r"[\]】〕)>》」]"
_FOCUS_WHOLE = (
    r"(?:本期焦[點点]|本期重[點点]|focus of (?:this|the) issue|this issue['’]s focus|issue focus|in focus)"
    r"(?![在為为是包聚]|[a-z]| is| are| lies)"
)
_FOCUS_SHORT = r"(?:焦[點点]|重[點点]|focus|highlight)"
_FOCUS = re.compile(
    rf"^(?:{_OPEN}\s{{0,3}}(?:{_FOCUS_WHOLE}|{_FOCUS_SHORT})\s{{0,3}}{_CLOSE}|{_FOCUS_WHOLE}"
    rf"|{_FOCUS_SHORT}(?=\s{{0,3}}[:|]))\s{{0,3}}[:|·-]?\s{{0,3}}",
    re.IGNORECASE,
)
_FOCUS_AFTER = re.compile(
    rf"\s{{0,3}}{_OPEN}\s{{0,3}}(?:{_FOCUS_WHOLE}|{_FOCUS_SHORT})\s{{0,3}}{_CLOSE}$", re.IGNORECASE
)
_COUNT = (
    r"(?P<whole>[0-9]{1,4}|[一二三四五六七八九十]{1,3})"
    r"(?:\s{0,3}[-~之]\s{0,3}(?P<part>[0-9]{1,2}|[一二三四五六七八九十]))?"
)
CHINESE_NUMBER = re.compile(rf"第\s{{0,3}}{_COUNT}\s{{0,3}}期")
ENGLISH_NUMBER = re.compile(
    rf"(?<![a-z])(?:issue|number|no\.?|nr\.?)\s{{0,3}}(?:no\.?|number)?\s{{0,3}}#?{_COUNT}(?![0-9a-z%])", re.IGNORECASE
)
_AFTER_MARK = re.compile(r"^[\])】〕）］:：|｜\-–—·\s]{1,9}")
_NUMERALS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class Marks:
    """The marks before a title (focus, issue number), and the title."""

    title: str
    focus: bool = False
    issue: str | None = None

    @property
    def any(self) -> bool:
        return self.focus or self.issue is not None


def read_marks(text: str, looking_back: bool) -> Marks:
    """Parse `本期焦點 標題`, `第 13-2 期 標題`, `[Focus] Title` or `Issue 13-2: Title`."""
    focus, issue = False, None
    if match := _FOCUS.match(fold(text[:_MARK])):
        focus, text = True, text[match.end() :].strip()
    if found := _issue_before(text, looking_back):
        issue, text = found
    if match := _FOCUS.match(fold(text[:_MARK])):  # before or after the number
        focus, text = True, text[match.end() :].strip()
    if len(text) < 1000 and (match := _FOCUS_AFTER.search(fold(text))):
        focus, text = True, text[: match.start()]
    return Marks(text.strip(), focus, issue)


def _issue_before(text: str, looking_back: bool) -> tuple[str, str] | None:
    folded = fold(text[:_MARK])
    at = len(folded) - len(folded.lstrip("[(【〔 "))
    match = CHINESE_NUMBER.match(folded, at) or (ENGLISH_NUMBER.match(folded, at) if looking_back else None)
    if not match or not (number := number_of(match)):
        return None
    rest = text[match.end() :]
    # "第 2 期碳權拍賣" is a title except among look-backs; "第 2 期 …" and "【第2期】…" are marks anywhere.
    if rest and not looking_back and has_word(rest[0]):
        return None
    return number, _AFTER_MARK.sub("", rest)


def number_of(match: re.Match[str]) -> str | None:
    """The issue number of a match of the two patterns above: `13-2`; None if it is not valid (第 0 期)."""
    part = match["part"]
    number = f"{_value(match['whole'])}" + (f"-{_value(part)}" if part else "")
    try:
        parse_number(number)
    except ValidationError:
        return None
    return number


def _value(digits: str) -> int:
    if digits.isdecimal():
        return int(digits)
    tens, ten, ones = digits.rpartition("十")
    if not ten:
        return _NUMERALS.find(digits)
    return (_NUMERALS.find(tens) if tens else 1) * 10 + (_NUMERALS.find(ones) if ones else 0)
