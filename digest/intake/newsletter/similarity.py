"""The similarity of a parsed item and an archive item; pure functions."""

import re
from collections import Counter
from itertools import pairwise

from digest.archive.models import Item, ItemTranslation, Link
from digest.common.text import name_key
from digest.intake.newsletter.canonical_url import canonical_url
from digest.intake.newsletter.document import ParsedItem

# Dice coefficient of letter pairs above which two texts are versions of one text.
_TITLE, _SUMMARY, _WEAK = 0.5, 0.7, 0.25
_CLOSE_DAYS = 7
_IDENTIFYING = (
    Link.Role.ORIGINAL,
    Link.Role.ABSTRACT,
    Link.Role.WEBSITE,
    Link.Role.DATA,
)  # roles of links to the item's own pages

Pairs = tuple[Counter[str], Counter[str]]


def is_same_date(entry: ParsedItem, item: Item) -> bool:
    """Whether the dates are equal or one is missing."""
    return entry.span is None or item.date is None or entry.span.start == item.date


def is_same_source(entry: ParsedItem, item: Item) -> bool:
    """Whether both have the same source."""
    return item.source is not None and name_key(entry.source) in {name.key for name in item.source.names.all()}


def pairs_of(title: str, summary: str) -> Pairs:
    return _pairs(title), _pairs(summary)


def similarity(entry: ParsedItem, item: Item, mine: Pairs, theirs: Pairs) -> float:
    """The similarity of two versions in one issue; 0 if they are different items."""
    title, summary = (_dice(a, b) for a, b in zip(mine, theirs, strict=True))
    same_date = bool(entry.span and entry.span.start == item.date)
    if title >= _TITLE or summary >= _SUMMARY or (same_date and title >= _WEAK):
        return title + summary + 0.2 * same_date
    return 0.0


def title_similarity(title: str, other: str) -> float:
    return _dice(_pairs(title), _pairs(other))


def is_look_back_of(entry: ParsedItem, item: Item, row: ItemTranslation) -> bool:
    """Whether a look-back is this item of the issue it names, although its title or date differs slightly."""
    if item.kind != entry.section or sorted(_numbers(entry.title)) != sorted(_numbers(row.title)):
        return False
    same_source = is_same_source(entry, item)
    if name_key(entry.title) == name_key(row.title):
        days = abs((entry.span.start - item.date).days) if entry.span and item.date else 0
        return same_source or days <= _CLOSE_DAYS
    same_date = bool(entry.span and entry.span.start == item.date)
    alike = title_similarity(entry.title, row.title)
    return (same_date and same_source and alike >= 0.4) or ((same_date or same_source) and alike >= 0.7)


def is_near(entry: ParsedItem, item: Item, row: ItemTranslation | None) -> bool:
    """Whether an editor should compare the two, because they may be one item."""
    same_date = bool(entry.span and entry.span.start == item.date)
    alike = title_similarity(entry.title, row.title) if row else 0.0
    return alike >= 0.4 or (same_date and (is_same_source(entry, item) or alike >= _WEAK))


def urls_of_parsed_item(entry: ParsedItem) -> set[str]:
    return {canonical_url(link.url) for link in entry.links if link.url and link.role in _IDENTIFYING}


def urls_of_item(item: Item) -> set[str]:
    found = {canonical_url(link.url) for link in item.links.all() if link.url and link.role in _IDENTIFYING}
    return found | ({f"doi:{item.doi.lower()}"} if item.doi else set())


def _numbers(title: str) -> list[str]:
    return re.findall(r"[0-9]+", title)


def _pairs(text: str) -> Counter[str]:
    key = name_key(text[:600])
    return Counter(a + b for a, b in pairwise(key))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
