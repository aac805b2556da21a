"""Dates in the formats of the three editions: days, ranges across months and years, months, years."""

import datetime as dt
import re
from dataclasses import dataclass

from digest.common.dates import Precision
from digest.intake.newsletter.document import DateSpan

LONGEST = 70  # characters; longer texts are not parsed as dates

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_DAY_NAME = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?(?![a-z])"
_WEEK = "星期|禮拜|礼拜|週|周"
_IN_BRACKETS = rf"\( ?(?:(?:{_WEEK})?[一二三四五六日天]|{_DAY_NAME}\.?) ?\)"  # a weekday in brackets
_WEEKDAY = rf"{_IN_BRACKETS}|(?:{_WEEK})[一二三四五六日天]|{_DAY_NAME}[.,]?"
_DASH = r"[-~]|至|到|(?<![a-z])to(?![a-z])"
_TOKEN = re.compile(
    rf"(?P<y>[0-9]{{2,4}}) ?年|(?P<m>[0-9]{{1,2}}) ?月|(?P<d>[0-9]{{1,2}}) ?[日號号]|(?P<name>{_MONTH})"
    rf"|(?P<year>[0-9]{{4}})(?![0-9])|(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?![0-9a-z])|(?P<dash>{_DASH})"
    rf"|(?P<skip>[ ,]|(?:{_WEEKDAY})|民國|民国|西元|公元|自|起|止|迄|(?<![a-z])(?:of|the)(?![a-z]))",
    re.IGNORECASE,
)
_RUN = re.compile(
    rf"(?<![0-9a-z])(?:(?:[0-9]{{1,4}}(?:st|nd|rd|th)?(?![0-9])|{_MONTH}|{_DASH}|{_IN_BRACKETS}"
    r"|[,./年月日號号])[ ]{0,3}){2,16}",
    re.IGNORECASE,
)
_SHAPED = re.compile(r"[0-9]{2,4} {0,3}年|[0-9] {0,3}月|月 {0,3}[0-9]|[0-9] {0,3}日|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]")
# Numeric dates, with what they are in characters; a year of three digits is one of the Republic of China.
_NUMERIC = (
    (re.compile(r"(?<![0-9])([0-9]{4}|1[0-9]{2})([./-])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])"), r"\1年\3月\4日"),
    (re.compile(r"^(20[0-9]{2})([0-9]{2})([0-9]{2})$"), r"\1年\2月\3日"),
    (re.compile(r"^((?:19|20)[0-9]{2})[./-](0[1-9]|1[0-2])$"), r"\1年\2月"),
    (re.compile(r"^(1[3-9]|2[0-9]|3[01])([./-])([0-9]{1,2})\2([0-9]{4})$"), r"\4年\3月\1日"),
    (re.compile(r"^([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})$"), r"\3年\2月\1日"),
    (re.compile(r"^([0-9]{1,2})([/-])(1[3-9]|2[0-9]|3[01])\2([0-9]{4})$"), r"\4年\1月\3日"),
    (re.compile(r"(?<=[日)])( ?[-~] ?)([0-9]{1,2})/([0-9]{1,2})(?![0-9/])"), r"\1\2月\3日"),
)
# Words beside the digits in a cell that is a date, a time or a number, and not a name.
_BESIDE_DIGITS = re.compile(
    rf"{_MONTH}|{_WEEKDAY}|民國|民国|西元|公元|第?[一二三四]?季|[上下]半年"
    r"|[〇零○一二三四五六七八九十廿]{1,4}(?= ?[年月日號号])"
    r"|(?<![a-z])(?:q[1-4]|spring|summer|autumn|fall|winter|early|mid|late|end|of|the|to|and|utc|gmt|am|pm)(?![a-z])"
    r"|[0-9]{1,2}(?:st|nd|rd|th)(?![a-z])|[上中下]旬|上午|下午|[年月日號号初底末起止自至到春夏秋冬時时]",
    re.IGNORECASE,
)
_UNDECIDED = re.compile(
    r"(?:日期|時間|时间)?(?:待定|未定|待公布|待公告|另行公告|另行通知)"
    r"|[春夏秋冬]季|[上中下]旬|tb[acd]|to be (?:announced|confirmed|determined)",
    re.IGNORECASE,
)
# Character by character, so that positions in the folded text are those in the text.
_WIDTH = (
    {ord("０") + n: str(n) for n in range(10)}
    | {
        ord(wide): narrow
        for wide, narrow in zip("（）［］－–—−‐‑～〜∼，：｜＃／．　\u00a0", "()[]------~~~,:|#/.  ", strict=True)
    }
    | dict.fromkeys((*range(8192, 8203), 8239, 8287), " ")
)
_FIRST = frozenset(("ymd", "md", "ym", "y", "dmy", "mdy", "my", "dm", "d", "m"))
_LAST = _FIRST | {"dy"}  # September 10-12, 2024


def fold(text: str) -> str:
    """The text with narrow digits, brackets, bars and dashes, of the same length."""
    return text.translate(_WIDTH)


def looks_like_date(text: str) -> bool:
    """Whether a short text looks like a date, even if it cannot be parsed."""
    folded = fold(text).lower()
    if len(folded) > LONGEST:
        return False
    month = re.search(rf"(?<![a-z]){_MONTH}", folded) and re.search(r"[0-9]", folded)
    rest = re.sub(rf"{_MONTH}|{_WEEKDAY}", "", folded)
    return bool(_SHAPED.search(folded) or (month and not re.search(r"[^\W\d_]{3,}", rest)))


def read_date(text: str, near: dt.date | None = None, future: bool = False) -> DateSpan | None:
    """Parse a whole text as a date or range; None if it is not one, or an impossible one (31 February).

    Without a year, it is that of `near`, or the next year for a `future` date that would be months before `near`, or
    the year before for a past date that would be months after it.
    """
    sides = _sides(_spelt_out(" ".join(fold(text).split())))
    if sides is None:
        return None
    first, last = sides
    if last:
        first.month = first.month or last.month
        if first.year is None and last.year is not None:
            first.year = last.year - ((first.month or 0) > (last.month or 13))
        last.month, last.year = last.month or first.month, last.year or first.year
    if first.month is None and first.day:
        return None
    if first.year is None:
        if near is None or first.day is None:
            return None
        first.year = _likely_year(first, near, future)
        if last:
            last.year = first.year + ((last.month or 0) < (first.month or 0))
    return _span(first, last)


def _spelt_out(text: str) -> str:
    """`113.8.30` -> `113年8月30日`; ambiguous dates (05/06/2024) are returned unchanged."""
    for pattern, spelt in _NUMERIC:
        text = pattern.sub(spelt, text)
    return text


def is_bare_number(text: str) -> bool:
    """Whether a cell contains only digits and words of dates and times, so it is not a name."""
    folded = fold(text)
    if len(folded) > LONGEST:
        return False
    if _UNDECIDED.fullmatch(folded.strip("() ")):
        return True
    digits = re.search(r"[0-9]|[〇零○一二三四五六七八九十廿] ?[年月日號号]", folded)
    return bool(digits) and not re.search(r"[^\W\d_]", _BESIDE_DIGITS.sub("", folded))


def begins_with_date(text: str) -> bool:
    """Whether a text begins with a day, as if the bars between the cells are missing."""
    head = fold(text[:LONGEST]).lstrip("*_([ ")
    if re.match(r"[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{1,4}(?![0-9])", head):
        return True
    found = find_date(head)
    return found is not None and found[0].precision == Precision.DAY and head.endswith(found[1])


def find_date(text: str, near: dt.date | None = None, future: bool = False) -> tuple[DateSpan, str] | None:
    """The first date inside a text, and the text without it; None if there is none."""
    for match in _RUN.finditer(fold(text)):
        start, end = match.span()
        skipped = False
        while len(piece := text[start:end].strip(" ,./-–—~至到")) > 2:
            start = text.index(piece, start)
            span = read_date(piece, near, future)
            if span and not (skipped and span.precision != Precision.DAY):  # "31 April 2024" is not April 2024
                return span, text[:start] + text[start + len(piece) :]
            start += len(piece.split(None, 1)[0])  # another number may precede the date
            skipped = True
    return None


def has_year(text: str) -> bool:
    """Whether the text of a date contains a year."""
    return bool(re.search(r"[0-9]{4}|[0-9]{2,3} {0,3}年|(?<![0-9])1[0-9]{2}[./-]", fold(text)))


@dataclass
class _Side:
    """One end of a range, as far as it is given."""

    shape: str = ""
    year: int | None = None
    month: int | None = None
    day: int | None = None

    def add(self, letter: str, value: int) -> None:
        self.shape += letter
        setattr(self, {"y": "year", "m": "month", "d": "day"}[letter], value)


def _sides(text: str) -> tuple[_Side, _Side | None] | None:
    if not text or len(text) > LONGEST:
        return None
    sides, at = [_Side()], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at, kind, value = token.end(), token.lastgroup or "", token.group(token.lastgroup or 0)
        match kind:
            case "dash":
                sides.append(_Side())
            case "y" | "m" | "d":
                sides[-1].add(kind, int(value))
            case "year":
                sides[-1].add("y", int(value))
            case "day":
                sides[-1].add("d", int(value))
            case "name":
                sides[-1].add("m", _MONTHS.index(value[:3].lower()) + 1)
    if sides[-1].shape == "" and len(sides) > 1:  # "from 3 May -"
        sides.pop()
    if len(sides) > 2 or sides[0].shape not in _FIRST or sides[-1].shape not in _LAST:
        return None
    return sides[0], sides[1] if len(sides) == 2 else None


def _likely_year(side: _Side, near: dt.date, future: bool) -> int:
    months = (side.month or 1) - near.month
    if future:
        return near.year + (months < -2)
    return near.year - (months > 1)


def _span(first: _Side, last: _Side | None) -> DateSpan | None:
    precision = Precision.DAY if first.day else Precision.MONTH if first.month else Precision.YEAR
    if last and bool(last.day) != bool(first.day):
        return None
    try:
        start = _date(first)
        end = _date(last) if last else None
    except ValueError:
        return None
    if not 1900 <= start.year <= 2200 or (end and end < start):
        return None
    return DateSpan(start, end if end != start else None, precision)


def _date(side: _Side) -> dt.date:
    year = side.year or 0
    if year < 1000:  # the Republic of China's calendar, in use in Taiwan: 113 is 2024
        year += 1911
    return dt.date(year, side.month or 1, side.day or 1)
