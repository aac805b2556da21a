"""Markdown in, safe HTML out: rendered once when a text is saved, sanitised against an allow-list of our own."""

import re
import xml.etree.ElementTree as etree
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.footnotes import FootnoteExtension
from markdown.extensions.toc import TocExtension, slugify_unicode
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor

from digest.common.sanitising import sanitise

MAX_LENGTH = 200_000  # characters; the longest paper seen has 15,000
MAX_PARAGRAPH = 50_000
MAX_LINES = 10_000  # the longest issue seen has 332
MAX_BRACKETS = 3_000  # opening brackets; the paper has 40
MAX_WORK = 20_000_000  # characters the parser may walk over again and again: about a second

_CITATION = r"\[@(\d{1,4})(?::([^\]\s]{1,20}))?\]"
_BRACKET = re.compile(rf"(?!{_CITATION})\[")
_HEADING = re.compile(r"^#", re.MULTILINE)
_COSTLY = re.compile(r"<(?=[A-Za-z/!?])|&#|^[=-]+ *$", re.MULTILINE)
_GAS = {"CO2": "CO₂", "N2O": "N₂O", "CH4": "CH₄", "CO2e": "CO₂e"}


@dataclass(frozen=True)
class Heading:
    """An entry of an outline: `level` 2-6, the `anchor` it has in the HTML, its text."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """What `render` gives: sanitised HTML and the outline of its headings."""

    html: str
    outline: tuple[Heading, ...]


def render(source: str, prefix: str = "") -> Rendered:
    """Render Markdown (tables, footnotes, `[@3]` citations) to sanitised HTML whose headings have anchors.

    `prefix` (letters, ends in "-") keeps anchors apart where a page shows several texts. Headings start at h2, since
    a page's own title is its h1. Text that the parser cannot take (nested too deeply) is shown as written.
    """
    if not source.strip():
        return Rendered("", ())
    if len(source) > MAX_LENGTH or _is_hostile(source):
        return _as_written(source)
    markdown = Markdown(
        extensions=[
            "tables",
            "sane_lists",
            FootnoteExtension(SEPARATOR="-", BACKLINK_TEXT="↩", BACKLINK_TITLE="↩ {}", UNIQUE_IDS=False),
            TocExtension(baselevel=2, slugify=lambda text, sep: f"{prefix}s-{slugify_unicode(text, sep) or 'x'}"),
            _PortalExtension(prefix),
        ],
        output_format="html",
    )
    try:
        html = markdown.convert(source)
    except RecursionError:
        return _as_written(source)
    clean = sanitise(html)
    # A heading inside of what was cleaned away is gone.
    kept = set(re.findall(r'<h([2-6]) id="([^"]*)"', clean))
    headings = [h for h in _flatten(getattr(markdown, "toc_tokens", [])) if (str(h.level), h.anchor) in kept]
    return Rendered(clean, tuple(headings))


def _is_hostile(source: str) -> bool:
    """Whether the parser would take more than a second or two over this.

    It looks for the partner of each opening bracket to the paragraph's end, for that of each tag to the text's end,
    and copies the rest of a paragraph at each heading: 40,000 brackets took it 219 s. No writer comes near this.
    """
    if source.count("\n") > MAX_LINES or source.count("[") > MAX_BRACKETS:
        return True
    paragraphs = re.split(r"\n\s*\n", source)
    if max(map(len, paragraphs)) > MAX_PARAGRAPH or len(_COSTLY.findall(source)) * len(source) > MAX_WORK:
        return True
    marks = (10 * len(_BRACKET.findall(text)) + len(_HEADING.findall(text)) for text in paragraphs)
    return sum(count * len(text) for count, text in zip(marks, paragraphs, strict=True)) > MAX_WORK


def _as_written(source: str) -> Rendered:
    return Rendered("".join(f"<p>{escape(line)}</p>" for line in source.splitlines() if line.strip()), ())


def _flatten(tokens: list[dict[str, Any]]) -> list[Heading]:
    headings: list[Heading] = []
    for token in tokens:
        headings.append(Heading(token["level"], token["id"], token["name"]))
        headings += _flatten(token["children"])
    return headings


class _PortalExtension(Extension):
    """Our own few marks: citations, gases with subscripts, table alignment by class, pictures as links."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def extendMarkdown(self, md: Markdown) -> None:
        md.inlinePatterns.register(_Citation(_CITATION, md, self.prefix), "cite", 175)
        md.inlinePatterns.register(_Gas(r"(?<![A-Za-z0-9_/])(CO2e|CO2|N2O|CH4)(?![A-Za-z0-9_])", md), "gas", 15)
        md.treeprocessors.register(_Tidy(md, self.prefix), "tidy", 1)


class _Citation(InlineProcessor):
    """`[@3]` or `[@3:38]` (a page) becomes a mark [3] that jumps to reference 3; the list jumps back by `cite-3-1`."""

    def __init__(self, pattern: str, md: Markdown, prefix: str) -> None:
        super().__init__(pattern, md)
        self.prefix = prefix
        self.seen: dict[str, int] = {}

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[etree.Element, int, int]:  # type: ignore[override]
        number, locator = m.group(1), m.group(2)
        self.seen[number] = self.seen.get(number, 0) + 1
        mark = etree.Element("sup", {"class": "cite", "id": f"{self.prefix}cite-{number}-{self.seen[number]}"})
        link = etree.SubElement(mark, "a", {"href": f"#ref-{number}"})
        link.text = f"[{number}]"
        if locator:
            etree.SubElement(mark, "span", {"class": "locator"}).text = locator
        return mark, m.start(0), m.end(0)


class _Gas(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]
        return _GAS[m.group(1)], m.start(0), m.end(0)


class _Tidy(Treeprocessor):
    """Turn what the allow-list would drop into what it keeps, so that nothing an editor typed is lost."""

    def __init__(self, md: Markdown, prefix: str) -> None:
        super().__init__(md)
        self.prefix = prefix

    def run(self, root: etree.Element) -> None:
        for element in root.iter():
            if element.tag == "img":  # only our own pictures are shown, by figures; others become a link
                element.tag, element.text = "a", element.get("alt") or element.get("src")
                element.attrib = {"href": element.get("src") or ""}
            if style := element.attrib.pop("style", None):  # table alignment; the CSP forbids style attributes
                element.set("class", style.removeprefix("text-align:").strip(" ;"))
            if element.tag == "table":  # a wide one scrolls sideways: also by keyboard
                element.set("tabindex", "0")
            if element.tag == "th":
                element.set("scope", "col")
            for name in ("id", "href"):
                value = element.get(name, "")
                if self.prefix and re.match(r"#?fn(ref)?\d?-", value):
                    hash_mark = "#" * value.startswith("#")
                    element.set(name, f"{hash_mark}{self.prefix}{value.removeprefix('#')}")
