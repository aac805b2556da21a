"""Headings: numbered with digits, Chinese or Roman numerals, or recognised by their words; and their level."""

import re
from dataclasses import dataclass

from digest.intake.language import is_han

_HAN = "一二三四五六七八九十"
_DECIMAL = re.compile(r"([0-9]{1,2}(?:[.．][0-9]{1,2}){0,3})([.．、]?)(\s*)([^\s0-9.．、].*)")
_CHINESE = re.compile(rf"([{_HAN}]{{1,3}})[、．.]\s*(\S.*)")
_BRACKETED = re.compile(rf"[（(]([{_HAN}]{{1,3}})[)）]\s*(\S.*)")
_CHAPTER = re.compile(rf"(第[{_HAN}0-9]{{1,3}}([章节節]))\s*(\S.*)")
_ROMAN = re.compile(r"([IVX]{1,5})[.．]\s+([A-Z].*)")
_NAMED = re.compile(
    r"(?:引言|前言|绪论|緒論|导论|導論|结论|結論|结语|結語|讨论|討論|结论与讨论|結論與討論|讨论与结论|討論與結論|结果与分析|"
    r"結果與分析|材料与方法|材料與方法|致谢|致謝|附录|附錄|introduction|(?:materials? and )?methods?|results?|"
    r"results? and discussions?|discussions?|conclusions?|acknowledge?ments?|appendix)",
    re.IGNORECASE,
)
# Words after a number that counts or measures, so that it is not a heading: "3 种方法", but not "3 种植制度".
_MEASURE = re.compile(
    r"[号號万萬亿億千百吨噸米%％‰℃°]|[个個](?![体體人案])|种(?![植子类群质业养])|種(?![植子類群質業養])|[项項](?!目)|次(?![生级級])"
    r"|倍(?!性)|年(?![际際份龄齡代轮輪])|月(?!份)|日(?![变變均照本])|[亩畝](?![产產均])|元(?!素)|[岁歲]|公[顷頃斤里尺]"
    r"|(?:kg|mg|g|t|ha|hm|cm|mm|km|m|h|d|L|mL|Pg|Tg|Gt|Mt)(?![A-Za-z])"
)
_ROMANS = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
_LONGEST = 90  # maximum length of a heading in characters
_DEEPEST = 4


@dataclass(frozen=True)
class ParsedHeading:
    """A line that may be a heading. `style` is the kind of numbering; `level` counts from 1 within the style."""

    style: str
    number: str
    title: str
    text: str  # as shown: number and title with normalised spacing
    level: int

    @property
    def is_count(self) -> bool:
        """Whether it has a single number in digits, like a list item."""
        return self.style[:1] == "1"


def heading(line: str) -> ParsedHeading | None:
    """Parse a line as a heading, by its shape only."""
    if len(line) > _LONGEST + 20:
        return None
    bare = line.replace("**", "").strip("*_").lstrip("#").strip(" *_\u3000\t")
    for read in (_decimal, _chinese, _bracketed, _chapter, _roman, _named):
        if found := read(bare):
            return found
    if bare and (hashes := re.match(r"#{1,4}(?=\s)", line)) and _is_title(bare):
        return ParsedHeading("hash", "", bare, bare, len(hashes.group()))
    return None


def _decimal(line: str) -> ParsedHeading | None:
    match = _DECIMAL.fullmatch(line)
    if match is None:
        return None
    number, dot, space, title = match.groups()
    parts = number.replace("．", ".").split(".")
    is_sound = all(part == "0" or not part.startswith("0") for part in parts) and int(parts[0]) <= 20
    is_sound = is_sound and "0" not in parts[1:] and (len(parts) == 1 or parts[0] != "0")
    glued = not (dot or space)
    if not is_sound or not _is_title(title) or (not dot and _MEASURE.match(title)) or (glued and not is_han(title[0])):
        return None
    number = ".".join(parts)
    style = f"{len(parts)}{'.' if dot else ' '}" if len(parts) == 1 else "decimal"
    return ParsedHeading(style, number, title, f"{number} {title}", len(parts))


def _chinese(line: str) -> ParsedHeading | None:
    match = _CHINESE.fullmatch(line)
    if match is None or not _is_title(match.group(2)):
        return None
    number, title = match.groups()
    return ParsedHeading("chinese", number, title, f"{number}、{title}", 1)


def _bracketed(line: str) -> ParsedHeading | None:
    match = _BRACKETED.fullmatch(line)
    if match is None or not _is_title(match.group(2)) or len(match.group(2)) > 40:
        return None
    number, title = match.groups()
    return ParsedHeading("bracketed", number, title, f"（{number}）{title}", 2)


def _chapter(line: str) -> ParsedHeading | None:
    match = _CHAPTER.fullmatch(line)
    if match is None or not _is_title(match.group(3)):
        return None
    number, word, title = match.groups()
    return ParsedHeading(f"chapter{word}", number, title, f"{number} {title}", 1 if word == "章" else 2)


def _roman(line: str) -> ParsedHeading | None:
    match = _ROMAN.fullmatch(line)
    if match is None or not _is_title(match.group(2)):
        return None
    number, title = match.groups()
    return ParsedHeading("roman", number, title, f"{number}. {title}", 1)


def _named(line: str) -> ParsedHeading | None:
    title = " ".join(line.split()) if line.isascii() else "".join(line.split())
    return ParsedHeading("named", "", title, title, 1) if _NAMED.fullmatch(title) else None


def _is_title(text: str) -> bool:
    first = text[0]
    starts = is_han(first) or first.isupper() or first in '《“‘「『"(（'
    return (
        starts
        and len(text) <= _LONGEST
        and text.rstrip("*_ ")[-1:] not in "。；;，,：:、….!"
        and "。" not in text
        and any(c.isalpha() for c in text)
        and "\t" not in text
        and "|" not in text
    )


class Outline:
    """Decides which lines shaped like headings are headings: each number occurs once, and list items are excluded."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()
        self._path: dict[int, tuple[str, str]] = {}  # level -> style and number of the current heading
        self._style = ""  # of the first top-level heading
        self._top = 0  # the last number of a top-level decimal heading
        self._list: tuple[str, int, int] | None = None  # style, number and place of the last list item
        self._lists: set[str] = set()  # styles of lists seen so far

    def level(self, mark: ParsedHeading, place: int, is_cut: bool) -> int | None:
        """The level of this heading, or None for a line that only looks like one.

        `place` counts the document's non-blank lines; `is_cut`: the previous line ends in mid-sentence.
        """
        if mark.style in ("named", "hash"):
            return min(mark.level, _DEEPEST)
        if self._is_listed(mark, place) or (mark.style in self._lists and mark.style != self._style):
            return None
        level = self._nested(mark)
        key = (mark.style[:1] if mark.is_count else "", *self._above(mark, level), mark.number)
        if key in self._seen or ((is_cut or mark.style == "roman") and not self._is_next(mark)):
            self._open_list(mark, place)
            return None
        self._enter(mark, level, key)
        return level

    def is_in_order(self, mark: ParsedHeading) -> bool:
        """Whether a top-level number comes right after the last one; call it before `level`."""
        return not mark.is_count or self._is_next(mark)

    def _open_list(self, mark: ParsedHeading, place: int) -> None:
        if mark.is_count or mark.style == "bracketed":
            self._list = (mark.style, _value(mark.number), place)
            self._lists.add(mark.style)

    def _is_listed(self, mark: ParsedHeading, place: int) -> bool:
        """Whether this continues a list: its previous item is on the previous line."""
        if self._list is None or mark.style != self._list[0] or place != self._list[2] + 1:
            return False
        if _value(mark.number) != self._list[1] + 1:
            return False
        self._list = (mark.style, _value(mark.number), place)
        return True

    def _nested(self, mark: ParsedHeading) -> int:
        if mark.is_count and self._style in ("chinese", "chapter章"):
            return 3 if self._path.get(2, ("", ""))[0] in ("bracketed", "chapter节", "chapter節") else 2
        return min(mark.level, _DEEPEST)

    def _above(self, mark: ParsedHeading, level: int) -> tuple[str, ...]:
        """The parent numbers; decimal numbers contain theirs and count in the whole paper."""
        if mark.style == "decimal" or level == 1:
            return ()
        return tuple(self._path.get(above, ("", ""))[1] for above in range(1, level))

    def _is_next(self, mark: ParsedHeading) -> bool:
        if mark.is_count:
            return _value(mark.number) in (self._top + 1, 0)
        if mark.style == "roman":
            return _ROMANS[self._top + 1 : self._top + 2] == [mark.number]
        return mark.style == "decimal" and mark.number.split(".")[0] == str(self._top)

    def _enter(self, mark: ParsedHeading, level: int, key: tuple[str, ...]) -> None:
        self._seen.add(key)
        self._path = {above: known for above, known in self._path.items() if above < level}
        self._path[level] = (mark.style, mark.number)
        if not self._style and level == 1:
            self._style = mark.style
        if level == 1 and mark.style == "roman":
            self._top += 1
        elif level == 1 and mark.is_count:
            self._top = _value(mark.number)


def _value(number: str) -> int:
    """The value of a simple number: 3, 三, 十二."""
    if number.isdecimal():
        return int(number)
    tens, ten, ones = number.rpartition("十")
    return (10 * (_HAN.index(tens) + 1 if tens else 1) if ten else 0) + (_HAN.index(ones) + 1 if ones else 0)
