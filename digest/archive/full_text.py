"""The full text of an item: HTML split at its figures, its outline, and its references with links back to the text."""

import re
from dataclasses import dataclass, field

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from digest.archive.models import Figure, Item, Reference
from digest.common.languages import Text

_FIGURE = re.compile(r"<p>\[\[figure:(\d{1,3})\]\]</p>")
_CITATION_ANCHOR = re.compile(r'id="(cite-(\d+)-\d+)"')


@dataclass(frozen=True)
class FullTextBlock:
    """A piece of HTML, or a figure between two pieces."""

    html: SafeString = field(default_factory=SafeString)
    figure: Figure | None = None


@dataclass(frozen=True)
class CitedReference:
    """A reference and the anchors of the places in the text that cite it."""

    reference: Reference
    anchors: tuple[str, ...]


@dataclass(frozen=True)
class FullText:
    """An item's full text as its page shows it."""

    text: Text
    blocks: tuple[FullTextBlock, ...]
    outline: tuple[tuple[int, str, str], ...]  # level, anchor, heading
    references: tuple[CitedReference, ...]
    missing_details: tuple[str, ...]  # what the source lacks, in the language of the page

    def __bool__(self) -> bool:
        return bool(self.text)


def full_text(item: Item) -> FullText:
    """The full text in the language of the current page; empty (and false) for an item without one."""
    text = item.text("body_html")
    figures = {figure.number: figure for figure in item.figures.all() if figure.role == Figure.Role.FIGURE}
    anchors: dict[int, list[str]] = {}
    for anchor, number in _CITATION_ANCHOR.findall(text.value):
        anchors.setdefault(int(number), []).append(anchor)
    return FullText(
        text=text,
        blocks=tuple(_split_at_figures(text, figures)),
        outline=_outline(item, text),
        references=tuple(CitedReference(r, tuple(anchors.get(r.number, ()))) for r in item.references.all()),
        missing_details=tuple(_missing_details(item)) if text else (),
    )


def _outline(item: Item, text: Text) -> tuple[tuple[int, str, str], ...]:
    for row in item.translations.all():
        if row.language == text.language and row.is_converted == text.converted:
            return tuple((level, anchor, title) for level, anchor, title in row.body_outline)
    return ()


def _split_at_figures(text: Text, figures: dict[int, Figure]) -> list[FullTextBlock]:
    blocks, end = [], 0
    for match in _FIGURE.finditer(text.html):
        if figure := figures.get(int(match.group(1))):
            blocks += [FullTextBlock(html=SafeString(text.value[end : match.start()])), FullTextBlock(figure=figure)]
            end = match.end()
    return [*blocks, FullTextBlock(html=SafeString(text.value[end:]))]


def _missing_details(item: Item) -> list[str]:
    checks = {
        _("the title"): item.text("title").value[:1] in ("", "[", "［", "〔"),
        _("the authors"): not item.authors,
        _("the journal"): item.source is None,
        _("the date of publication"): item.date is None,
        _("the list of references"): any(not reference.text for reference in item.references.all()),
        _("the image of a figure"): any(not figure.picture for figure in item.figures.all()),
    }
    return [name for name, is_missing in checks.items() if is_missing]
