"""A long text cut at its figures, with its outline, and its references with the marks that cite them."""

import re
from dataclasses import dataclass, field

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.archive.models import Figure, Item, Reference
from digest.common.languages import Text

_FIGURE = re.compile(r"<p>\[\[figure:(\d{1,3})\]\]</p>")
_CITE = re.compile(r'id="(cite-(\d+)-\d+)"')


@dataclass(frozen=True)
class Part:
    """A stretch of HTML, or the figure that stands between two of them."""

    html: SafeString = field(default_factory=SafeString)
    figure: Figure | None = None


@dataclass(frozen=True)
class Entry:
    """A reference and the anchors of the places that cite it."""

    reference: Reference
    anchors: tuple[str, ...]


@dataclass(frozen=True)
class LongText:
    """An item's full text as its page shows it."""

    text: Text
    parts: tuple[Part, ...]
    outline: tuple[tuple[int, str, str], ...]  # level, anchor, heading
    entries: tuple[Entry, ...]
    gaps: tuple[str, ...]  # what the source lacks, in the page's language

    def __bool__(self) -> bool:
        return bool(self.text)


def long_text(item: Item) -> LongText:
    """The full text for readers of the current page; empty (and false) for an item without one."""
    text = item.text("body_html")
    figures = {figure.number: figure for figure in item.figures.all() if figure.role == Figure.Role.FIGURE}
    outline: list[tuple[int, str, str]] = next(
        (
            row.body_outline
            for row in item.translations.all()
            if row.language == text.language and row.is_converted == text.converted
        ),
        [],
    )
    cites: dict[int, list[str]] = {}
    for anchor, number in _CITE.findall(text.value):
        cites.setdefault(int(number), []).append(anchor)
    entries = tuple(Entry(r, tuple(cites.get(r.number, ()))) for r in item.references.all())
    headings = tuple((level, anchor, title) for level, anchor, title in outline)
    return LongText(text, tuple(_parts(text, figures)), headings, entries, tuple(_gaps(item)) if text else ())


def _parts(text: Text, figures: dict[int, Figure]) -> list[Part]:
    parts, end = [], 0
    for match in _FIGURE.finditer(text.html):
        if figure := figures.get(int(match.group(1))):
            parts += [Part(html=SafeString(text.value[end : match.start()])), Part(figure=figure)]
            end = match.end()
    return [*parts, Part(html=SafeString(text.value[end:]))]


def _gaps(item: Item) -> list[str]:
    lacks = {
        _("the title"): item.text("title").value[:1] in ("", "[", "［", "〔"),
        _("the authors"): not item.authors,
        _("the journal"): item.source is None,
        _("the date of publication"): item.date is None,
        _("the list of references"): any(not reference.text for reference in item.references.all()),
        _("the picture of a figure"): any(not figure.picture for figure in item.figures.all()),
    }
    return [name for name, is_lacking in lacks.items() if is_lacking]
