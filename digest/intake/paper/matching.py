"""Whether the archive has a paper already: by DOI, else by title, else by what its abstract or body says."""

from collections.abc import Iterator

from django.db.models.functions import Length

from digest.archive.models import Item, ItemTranslation, Origin, Section, name_key
from digest.intake.paper import writing
from digest.intake.paper.document import Paper

_SAME = 0.85  # share of common pieces: a corrected text stays above it, two papers on one subject far below
_PIECE = 5  # characters
_LEAST = 40  # characters of a text that can tell a paper


def find_same(paper: Paper) -> Item | None:
    """The item that this paper is, if the archive has it."""
    items = _by_doi(paper) or _by_title(paper)
    if items:
        return items[0]
    texts = writing.abstracts(paper)
    if not texts:
        return _alike(paper, "body", paper.language, writing.body(paper))
    found = (_alike(paper, "abstract", language, text) for language, text in texts.items())
    return next((item for item in found if item), None)


def _by_doi(paper: Paper) -> list[Item]:
    return list(Item.objects.filter(doi__iexact=paper.doi)[:1]) if paper.doi else []


def _by_title(paper: Paper) -> list[Item]:
    """Items of one of the paper's titles, unless two DOIs tell them apart."""
    papers = Item.objects.of_kind(Section.RESEARCH).order_by("pk")
    if paper.doi:
        papers = papers.filter(doi="")
    return [item for language, title in paper.titles.items() for item in papers.titled(title, language)[:1]]


def _alike(paper: Paper, field: str, language: str, text: str) -> Item | None:
    """The item whose written text is this one, but for corrections."""
    mine = _pieces(text)
    if len(text) < _LEAST or not mine:
        return None
    best, score = None, _SAME
    for pk, theirs in _texts(paper, field, language, len(text)):
        pieces = _pieces(theirs)
        common = len(mine & pieces) / len(mine | pieces)
        if common > score or (common == score and best is None):
            best, score = pk, common
    return Item.objects.get(pk=best) if best is not None else None


def _texts(paper: Paper, field: str, language: str, length: int) -> Iterator[tuple[int, str]]:
    """Written texts of about this length, with their items' ids, oldest item first."""
    rows = ItemTranslation.objects.filter(
        language=language, origin=Origin.WRITTEN, owner__kind=Section.RESEARCH
    ).annotate(length=Length(field))
    rows = rows.filter(length__gte=length * 4 // 5, length__lte=length * 5 // 4)
    if paper.doi:
        rows = rows.filter(owner__doi="")
    yield from rows.order_by("owner_id").values_list("owner_id", field).iterator(chunk_size=500)


def _pieces(text: str) -> set[str]:
    key = name_key(text)
    return {key[at : at + _PIECE] for at in range(len(key) - _PIECE + 1)}
