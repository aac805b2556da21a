"""Rendering of Markdown to sanitised HTML, once when a text is saved."""

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

MAX_LENGTH = 200_000  # characters; the longest paper so far has 15,000
MAX_PARAGRAPH = 50_000
MAX_LINES = 10_000  # the longest issue so far has 332
MAX_BRACKETS = 3_000  # opening brackets; the longest paper has 40
MAX_WORK = 20_000_000  # characters that the parser may scan repeatedly: about one second

_CITATION = r"\[@(\d{1,4})(?::([^\]\s]{1,20}))?\]"
_BRACKET = re.compile(rf"(?!{_CITATION})\[")
_HEADING = re.compile(r"^#", re.MULTILINE)
_COSTLY = re.compile(r"<(?=[A-Za-z/!?])|&#|^[=-]+ *$", re.MULTILINE)
_GAS = {"CO2": "CO₂", "N2O": "N₂O", "CH4": "CH₄", "CO2e": "CO₂e"}


@dataclass(frozen=True)
class OutlineEntry:
    """A heading in the outline: its level (2 to 6), its anchor in the HTML, and its text."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """Sanitised HTML and the outline of its headings."""

    html: str
    outline: tuple[OutlineEntry, ...]


def render(source: str, prefix: str = "") -> Rendered:
    """Render Markdown (tables, footnotes, `[@3]` citations) to sanitised HTML whose headings have anchors.

    `prefix` (letters, ending in "-") makes anchors unique if a page shows several texts. Headings start at h2, because
    the title of the page is its h1. Text that is too expensive to parse or nested too deeply is shown as plain text.
    """
    if not source.strip():
        return Rendered("", ())
    if len(source) > MAX_LENGTH or _is_too_expensive(source):
        return _render_as_plain_text(source)
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
        return _render_as_plain_text(source)
    clean = sanitise(html)
    # Sanitising may have removed headings.
    kept = set(re.findall(r'<h([2-6]) id="([^"]*)"', clean))
    headings = [h for h in _flatten(getattr(markdown, "toc_tokens", [])) if (str(h.level), h.anchor) in kept]
    return Rendered(clean, tuple(headings))


def _is_too_expensive(source: str) -> bool:
    """Return whether parsing would take more than a second or two.

    The parser searches the rest of the paragraph for the end of each bracket, searches the rest of the text for the
    end of each tag, and copies the rest of the paragraph at each heading: 40,000 brackets took 219 s.
    """
    if source.count("\n") > MAX_LINES or source.count("[") > MAX_BRACKETS:
        return True
    paragraphs = re.split(r"\n\s*\n", source)
    if max(map(len, paragraphs)) > MAX_PARAGRAPH or len(_COSTLY.findall(source)) * len(source) > MAX_WORK:
        return True
    marks = (10 * len(_BRACKET.findall(text)) + len(_HEADING.findall(text)) for text in paragraphs)
    return sum(count * len(text) for count, text in zip(marks, paragraphs, strict=True)) > MAX_WORK


def _render_as_plain_text(source: str) -> Rendered:
    return Rendered("".join(f"<p>{escape(line)}</p>" for line in source.splitlines() if line.strip()), ())


def _flatten(tokens: list[dict[str, Any]]) -> list[OutlineEntry]:
    headings: list[OutlineEntry] = []
    for token in tokens:
        headings.append(OutlineEntry(token["level"], token["id"], token["name"]))
        headings += _flatten(token["children"])
    return headings


class _PortalExtension(Extension):
    """Our additions to Markdown: citations, gases with subscripts, table alignment by class, images as links."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def extendMarkdown(self, md: Markdown) -> None:
        md.inlinePatterns.register(_Citation(_CITATION, md, self.prefix), "cite", 175)
        md.inlinePatterns.register(_Gas(r"(?<![A-Za-z0-9_/])(CO2e|CO2|N2O|CH4)(?![A-Za-z0-9_])", md), "gas", 15)
        md.treeprocessors.register(_AllowedElements(md, self.prefix), "allowed_elements", 1)


class _Citation(InlineProcessor):
    """Turns `[@3]` or `[@3:38]` (with a page) into a link [3] to reference 3, which links back to `cite-3-1`."""

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


class _AllowedElements(Treeprocessor):
    """Replaces elements that sanitising would remove, so that no content is lost."""

    def __init__(self, md: Markdown, prefix: str) -> None:
        super().__init__(md)
        self.prefix = prefix

    def run(self, root: etree.Element) -> None:
        for element in root.iter():
            if element.tag == "img":  # pictures are shown as figures; other images become links
                element.tag, element.text = "a", element.get("alt") or element.get("src")
                element.attrib = {"href": element.get("src") or ""}
            if style := element.attrib.pop("style", None):  # table alignment; the CSP blocks style attributes
                element.set("class", style.removeprefix("text-align:").strip(" ;"))
            if element.tag == "table":  # wide tables can be scrolled with the keyboard
                element.set("tabindex", "0")
            if element.tag == "th":
                element.set("scope", "col")
            for name in ("id", "href"):
                value = element.get(name, "")
                if self.prefix and re.match(r"#?fn(ref)?\d?-", value):
                    hash_mark = "#" * value.startswith("#")
                    element.set(name, f"{hash_mark}{self.prefix}{value.removeprefix('#')}")
