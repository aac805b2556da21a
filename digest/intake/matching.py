"""Finding the archive's row for what a document names: never a second record of the same item."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TypeVar

from django.utils.translation import gettext as _

from digest.archive.models import Issue, Item, ItemTranslation, Origin, Placement, name_key
from digest.intake.newsletter.document import Document, Entry, Span

T = TypeVar("T")
_CHUNK = 400  # keys asked for at a time
_MOST_PAIRS = 20_000  # beyond this many only equal summaries are compared, so that time stays linear
_TITLE, _SUMMARY, _WEAK = 0.5, 0.7, 0.25  # how alike (Dice's coefficient of letter pairs) tells a correction


def set_aside_doubles(document: Document) -> list[Entry]:
    """The entries to import: a thing can stand in an issue once, so a second printing of it is kept as text."""
    seen: dict[tuple[str, str], set[Span | None]] = defaultdict(set)
    kept: list[Entry] = []
    for entry in document.entries:
        dates = seen[entry.section, name_key(entry.title)]
        if dates and (entry.span is None or not dates.isdisjoint((entry.span, None))):  # no date: any may be meant
            text = " | ".join(filter(None, (entry.title, entry.source, entry.place, entry.summary, entry.poster)))
            document.leave(entry.line, text, _("Stands twice in this issue:"))
            continue
        dates.add(entry.span)
        kept.append(entry)
    return kept


def is_same_date(entry: Entry, item: Item) -> bool:
    """Whether entry and item can be of one date: equal, or one of them without any."""
    return entry.span is None or item.date is None or entry.span.start == item.date


@dataclass(frozen=True)
class Match:
    """An item of the archive, for an entry of the document."""

    item: Item
    placement: Placement | None  # in the issue at hand


class Matcher:
    """Matches the entries of one document, each item at most once."""

    def __init__(self, document: Document, entries: Sequence[Entry], issue: Issue | None) -> None:
        self.language = document.language
        self.entries = list(entries)
        self.found: dict[int, Match] = {}  # by the entry's place in `entries`
        self.taken: set[int] = set()  # ids of items
        placements = issue.placements.select_related("item") if issue else Placement.objects.none()
        self.here = {p.item_id: p for p in placements.prefetch_related("translations")}
        self.items = _with_rows(self.here)
        self.home = {pk: _home_number(item) for pk, item in self.items.items()}

    def run(self) -> dict[int, Match]:
        """Entry's place -> match: by title in the issue, by title in the archive, by likeness, by another language."""
        self._by_title_here()
        self._by_title_in_archive()
        for group in self._open_groups():
            self._by_likeness(*group)
        for group in self._open_groups():
            self._by_structure(*group)
        return self.found

    def left_over(self) -> list[Placement]:
        """Placements of the issue that no entry of the document stands for."""
        return [placement for pk, placement in self.here.items() if pk not in self.taken]

    def _take(self, at: int, item: Item) -> None:
        self.found[at] = Match(item, self.here.get(item.pk))
        self.taken.add(item.pk)

    def _by_title_here(self) -> None:
        keys = defaultdict(list)
        for item in self.items.values():
            if row := item.written(self.language):
                keys[row.title_key].append(item)
        for at, entry in enumerate(self.entries):
            candidates = [item for item in keys[_key(entry.title)] if item.pk not in self.taken]
            if candidates:
                self._take(at, max(candidates, key=lambda item: self._closeness(entry, item)))

    def _closeness(self, entry: Entry, item: Item) -> tuple[bool, bool, bool]:
        role = self.here[item.pk].role == entry.role if item.pk in self.here else False
        return item.kind == entry.section, is_same_date(entry, item), role

    def _by_title_in_archive(self) -> None:
        opened = [at for at in range(len(self.entries)) if at not in self.found]
        elsewhere = _by_key({_key(self.entries[at].title) for at in opened}, self.language)
        items = _with_rows({pk for pks in elsewhere.values() for pk in pks if pk not in self.here})
        for at in opened:
            entry = self.entries[at]
            candidates = [items[pk] for pk in elsewhere.get(_key(entry.title), ()) if pk in items]
            candidates = [item for item in candidates if item.pk not in self.taken and _may_be(entry, item)]
            if candidates:
                self._take(at, max(candidates, key=lambda item: _home_number(item) == entry.look_back_issue))

    def _open_groups(self) -> list[tuple[list[int], list[Item]]]:
        """What is still to match: entries and items of this issue, by section and by new or look-back."""
        groups: dict[tuple[str, bool], tuple[list[int], list[Item]]] = defaultdict(lambda: ([], []))
        for at, entry in enumerate(self.entries):
            if at not in self.found:
                groups[entry.section, entry.role == Placement.Role.LOOK_BACK][0].append(at)
        for placement in self.left_over():
            is_back = placement.role == Placement.Role.LOOK_BACK
            groups[placement.section, is_back][1].append(self.items[placement.item_id])
        return [group for group in groups.values() if all(group)]

    def _by_likeness(self, opened: list[int], items: list[Item]) -> None:
        rows = {item.pk: row for item in items if (row := item.written(self.language))}
        if len(opened) * len(rows) > _MOST_PAIRS:
            summaries = {name_key(row.summary): pk for pk, row in rows.items() if row.summary}
            for at in opened:
                pk = summaries.get(name_key(self.entries[at].summary))
                if pk and pk not in self.taken:
                    self._take(at, self.items[pk])
            return
        pairs = {pk: (_pairs(row.title), _pairs(row.summary)) for pk, row in rows.items()}
        scores = []
        for at in opened:
            mine = _pairs(self.entries[at].title), _pairs(self.entries[at].summary)
            scores += [(_score(self.entries[at], self.items[pk], mine, pairs[pk]), at, pk) for pk in rows]
        for score, at, pk in sorted(scores, reverse=True):
            if score and at not in self.found and pk not in self.taken:
                self._take(at, self.items[pk])

    def _by_structure(self, opened: list[int], items: list[Item]) -> None:
        """Another language's edition: the same section and date, and the same place in the section's order."""
        items = sorted(
            (item for item in items if item.written(self.language) is None),
            key=lambda item: self.here[item.pk].position,
        )
        if len(opened) != len(items):
            items = [item for item in items if item.date]
        waiting = defaultdict(list)
        for item in items:
            waiting[self._place_of(item)].append(item)
        for at in opened:
            entry = self.entries[at]
            start = entry.span.start if entry.span else None
            if queue := waiting[start, entry.look_back_issue]:
                self._take(at, queue.pop(0))

    def _place_of(self, item: Item) -> tuple[object, str | None]:
        is_back = self.here[item.pk].role == Placement.Role.LOOK_BACK
        return item.date, self.home[item.pk] if is_back else None


def _may_be(entry: Entry, item: Item) -> bool:
    """Whether an item of the same title elsewhere in the archive is this one: kind and date have to agree."""
    if item.kind != entry.section or not is_same_date(entry, item):
        return False
    if entry.role == Placement.Role.LOOK_BACK:
        return True
    # A yearly meeting or a column keeps its title; as a new item it is the old one only with the same source.
    same_source = item.source is not None and name_key(entry.source) in {n.key for n in item.source.names.all()}
    return same_source or (not entry.source and item.source is None and entry.span is not None)


def _score(entry: Entry, item: Item, mine: tuple[Counter[str], ...], theirs: tuple[Counter[str], ...]) -> float:
    title, summary = (_dice(a, b) for a, b in zip(mine, theirs, strict=True))
    same_date = bool(entry.span and entry.span.start == item.date)
    if title >= _TITLE or summary >= _SUMMARY or (same_date and title >= _WEAK):
        return title + summary + 0.2 * same_date
    return 0.0


def _pairs(text: str) -> Counter[str]:
    key = name_key(text[:600])
    return Counter(a + b for a, b in pairwise(key))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _key(title: str) -> str:
    return name_key(title)[:300]


def _by_key(keys: set[str], language: str) -> dict[str, list[int]]:
    """Ids of items whose written title in this language has one of these keys."""
    found: dict[str, list[int]] = defaultdict(list)
    for some in _chunks(sorted(keys - {""})):
        rows = ItemTranslation.objects.filter(title_key__in=some, language=language, origin=Origin.WRITTEN)
        for key, pk in rows.values_list("title_key", "owner_id").order_by("owner_id"):
            found[key].append(pk)
    return found


def _with_rows(ids: Iterable[int]) -> dict[int, Item]:
    """Items with all that an import compares, in a fixed number of queries a chunk."""
    items: dict[int, Item] = {}
    for some in _chunks(ids):
        rows = Item.objects.filter(pk__in=some).select_related("source")
        rows = rows.prefetch_related(
            "translations", "links", "places", "further_reading", "source__names", "placements__issue"
        )
        items |= {item.pk: item for item in rows.prefetch_related("figures__translations")}
    return items


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _home_number(item: Item) -> str | None:
    homes = (p.issue.number for p in item.placements.all() if p.role != Placement.Role.LOOK_BACK)
    return next(homes, None)
