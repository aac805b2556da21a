"""Text for emails: shortened and folded by display width; HTML converted to plain text."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser

# Control characters, and those that change the direction of all text after them.
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
COLUMNS = 76  # of plain text; a Han character takes two
_SENTENCE_END = re.compile(r"[。！？!?][」』”’）)]*|\.[”’)]*(?= )")
_CLAUSE_END = re.compile(r"[，；：]|[,;:](?= )")
_NOT_FIRST = set("。．，、；：？！）」』》〉】〕…％·‧—.,;:?!)]}%”’")
_NOT_LAST = set("（「『《〈【〔([{“‘")
_HAN = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\uffe6\U00020000-\U0003ffff"
_UNIT = re.compile(rf"\s·(?=\s)|\s+|[{_HAN}]|[^\s{_HAN}]+")


@lru_cache(maxsize=8192)
def _char_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """The columns that a text takes in a fixed-width font (UAX #11)."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def without_control_characters(part: str) -> str:
    """Remove characters that email programs cannot show or that would change how the rest of the text looks."""
    return _CONTROL_CHARACTERS.sub("", re.sub(r"\r\n?|[\u2028\u2029\x85]", "\n", part))


def shorten_to_sentence(text: str, columns: int) -> str:
    """At most `columns` columns: whole sentences, or else a part that ends at a comma, or else nothing."""
    if width(text) <= columns:
        return text
    head = _first_columns(text, columns - 1)
    if end := _last_end(_SENTENCE_END, head):
        return head[:end]
    if end := _last_end(_CLAUSE_END, head):
        return f"{head[: end - 1]}…"
    return ""


def shorten(text: str, columns: int) -> str:
    """At most `columns` columns: whole sentences if they fill half of that, else whole words and an ellipsis."""
    if width(text) <= columns:
        return text
    head = _first_columns(text, columns - 1)
    end = len(head)
    sentence = _last_end(_SENTENCE_END, head)
    if width(head[:sentence]) >= columns // 2:
        return head[:sentence]
    if text[end : end + 1].strip() and (word := re.search(r"[!-~\u00c0-\u024f\u2080-\u2089]+$", head)):
        head = head[: word.start()] or head
    if (clause := _last_clause(head)) and width(clause) >= columns // 2:
        head = clause
    return head.rstrip(" ，、；：,;:（(「—-") + "…"


def _first_columns(text: str, columns: int) -> str:
    used = 0
    for end, character in enumerate(text):
        used += _char_width(character)
        if used > columns:
            return text[:end]
    return text


def _last_end(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match ends; 0 if there is none."""
    return max((match.end() for match in pattern.finditer(text)), default=0)


def _last_clause(head: str) -> str:
    """The text up to an unclosed bracket, or to the last semicolon; empty if there is neither."""
    at = max(head.rfind("（"), head.rfind("("))
    if at > max(head.rfind("）"), head.rfind(")")):
        return head[:at]
    return head[: head.rfind("；") + 1]


def labelled(label: str, address: str, margin: str = "") -> str:
    """`Label: address` with the colon of the label's script, on two lines if it does not fit on one."""
    colon = "：" if width(label[-1:]) == 2 else ": "
    line = f"{margin}{label}{colon}{address}"
    return line if width(line) <= COLUMNS else f"{margin}{label}{colon.rstrip()}\n{margin}{address}"


def fold(text: str, first: str = "", rest: str = "", columns: int = COLUMNS) -> str:
    """Wrap a paragraph at `columns` columns. `first` begins the first line, `rest` the others.

    Lines may break between Han characters, but not before closing or after opening punctuation. Words and URLs are
    not broken.
    """
    lines: list[str] = []
    line, used = first, width(first)
    start = len(line)
    for unit in _units(text):
        size = width(unit)
        if used + width(unit.rstrip()) > columns and len(line.strip()) > 0 and len(line) > start:
            lines.append(line.rstrip())
            line, used, start = rest, width(rest), len(rest)
            unit = unit.lstrip()
            size = width(unit)
        line += unit
        used += size
    return "\n".join([*lines, line.rstrip()])


def _units(text: str) -> Iterator[str]:
    """The units that a line may not break within, each with the space before it."""
    held = ""
    for found in _UNIT.findall(text):
        if found.isspace():
            if held and held[-1] not in _NOT_LAST:
                yield held
                held = ""
            held += " "
        elif not held.strip() or found[0] in _NOT_FIRST or found[-1] == "·" or held.rstrip()[-1] in _NOT_LAST:
            held += found
        else:
            yield held
            held = found
    if held:
        yield held


class _PlainTextParser(HTMLParser):
    """Collects the paragraphs of sanitised HTML as text; URLs of links follow in brackets."""

    _BLOCKS = frozenset(["p", "div", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "tr", "dt", "dd", "ul", "ol"])

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self._base = base
        self._text = ""
        self._href = ""
        self._anchor = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BLOCKS or tag == "li":
            self.end()
        if tag == "li":
            self._text = "• "
        elif tag in ("br", "td", "th"):
            self._text += " "
        elif tag == "a":
            self._href = dict(attrs).get("href") or ""
            self._anchor = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            address = self._base + self._href if self._href.startswith("#") else self._href
            if self._anchor.strip() != address.removeprefix("mailto:"):
                self._text += f" ( {address.removeprefix('mailto:')} )"
            self._href = ""
        elif tag in self._BLOCKS or tag == "li":
            self.end()

    def handle_data(self, data: str) -> None:
        self._text += data
        self._anchor += data

    def end(self) -> None:
        if self._text.strip():
            self.paragraphs.append(" ".join(self._text.split()))
        self._text = ""


def paragraphs(html: str, base: str) -> list[str]:
    """The paragraphs of sanitised HTML as plain text; links within the page are relative to `base`."""
    parser = _PlainTextParser(base)
    parser.feed(html)
    parser.close()
    parser.end()
    return parser.paragraphs


def for_email(html: str, base: str) -> str:
    """Sanitised HTML without ids, with links within the page leading to `base`; a single paragraph is unwrapped."""
    html = re.sub(r' (?:id|tabindex|class|aria-label)="[^"]*"', "", html)
    html = html.replace('href="#', f'href="{base}#')
    if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1:
        return html[3:-4]
    return html
