"""Finds a paper in the archive: by DOI, otherwise by title, otherwise by its abstract or body."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.db.models.functions import Length

from digest.archive.models import Item, ItemTranslation, Origin, Section
from digest.common.text import name_key
from digest.intake.paper import markdown_output
from digest.intake.paper.document import Paper

Texts = QuerySet[ItemTranslation, tuple[int, str]]

_SAME = 0.85  # share of common parts: above for a corrected text, far below for two papers on one subject
_LIKE = 0.6  # share above which an editor is asked to compare two items
_MOST = 5  # of such items
_PIECE = 5  # characters
_LEAST = 40  # minimum length of a text that identifies a paper


def find_same(paper: Paper) -> Item | None:
    """The item of this paper, or None."""
    items = _by_doi(paper) or _by_title(paper)
    if items:
        return items[0]
    texts = markdown_output.abstracts(paper)
    if not texts:
        return _same_text(paper, "body", paper.language, markdown_output.body(paper))
    found = (_same_text(paper, "abstract", language, text) for language, text in texts.items())
    return next((item for item in found if item), None)


def find_similar(paper: Paper) -> list[Item]:
    """Items that may be this paper, oldest first: with its title in either script, or a similar abstract."""
    keys = {name_key(title)[:300] for title in paper.titles.values()} - {""}
    titled = ItemTranslation.objects.filter(title_key__in=keys, owner__kind=Section.RESEARCH)
    found = set(titled.values_list("owner_id", flat=True))
    for language, text in markdown_output.abstracts(paper).items():
        found |= {pk for pk, common in _common(text, _texts("abstract", language, len(text))) if common >= _LIKE}
    return list(Item.objects.filter(pk__in=found).order_by("pk")[:_MOST])


def _by_doi(paper: Paper) -> list[Item]:
    return list(Item.objects.filter(doi__iexact=paper.doi)[:1]) if paper.doi else []


def _by_title(paper: Paper) -> list[Item]:
    """Items with one of the paper's titles and no other DOI."""
    papers = Item.objects.of_kind(Section.RESEARCH).order_by("pk")
    if paper.doi:
        papers = papers.filter(doi="")
    return [item for language, title in paper.titles.items() for item in papers.titled(title, language)[:1]]


def _same_text(paper: Paper, field: str, language: str, text: str) -> Item | None:
    """The item with nearly the same text and no other DOI."""
    rows = _texts(field, language, len(text))
    best, score = None, _SAME
    for pk, common in _common(text, rows.filter(owner__doi="") if paper.doi else rows):
        if common > score or (common == score and best is None):
            best, score = pk, common
    return Item.objects.get(pk=best) if best is not None else None


def _common(text: str, rows: Texts) -> Iterator[tuple[int, float]]:
    """Ids of items, with the share of parts that their text has in common with this one."""
    mine = _pieces(text)
    if len(text) < _LEAST or not mine:
        return
    for pk, theirs in rows.iterator(chunk_size=500):
        pieces = _pieces(theirs)
        yield pk, len(mine & pieces) / len(mine | pieces)


def _texts(field: str, language: str, length: int) -> Texts:
    """Written texts of about this length with their items' ids, oldest item first."""
    rows = ItemTranslation.objects.filter(
        language=language, origin=Origin.WRITTEN, owner__kind=Section.RESEARCH
    ).annotate(length=Length(field))
    rows = rows.filter(length__gte=length * 4 // 5, length__lte=length * 5 // 4)
    return rows.order_by("owner_id").values_list("owner_id", field)


def _pieces(text: str) -> set[str]:
    key = name_key(text)
    return {key[at : at + _PIECE] for at in range(len(key) - _PIECE + 1)}
