"""Matches the items of a document to those of the archive, so that no item is created twice."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.utils.translation import gettext as _

from digest.archive.models import Issue, Item, ItemTranslation, Placement
from digest.common.text import name_key
from digest.intake.document_warning import ImportReport
from digest.intake.newsletter.document import ParsedItem
from digest.intake.newsletter.duplicates import as_plain_text
from digest.intake.newsletter.known_items import home_number, ids_by_title_key, with_rows
from digest.intake.newsletter.similarity import (
    is_look_back_of,
    is_near,
    is_same_date,
    is_same_source,
    pairs_of,
    similarity,
    title_similarity,
    urls_of_item,
    urls_of_parsed_item,
)

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
_MOST_NAMED = 3  # items named in a warning
_MOST_PAIRS = 20_000  # beyond this many only equal summaries are compared, so that time stays linear


@dataclass(frozen=True)
class Match:
    """The item of the archive that matches a parsed item."""

    item: Item
    placement: Placement | None  # in this issue


class Matcher:
    """Matches the items of one document; each archive item at most once."""

    def __init__(
        self, language: str, entries: Sequence[ParsedItem], issue: Issue | None, report: ImportReport
    ) -> None:
        self.language = language
        self.report = report
        self.entries = list(entries)
        self.found: dict[int, Match] = {}  # by index in `entries`
        self.taken: set[int] = set()  # ids of items
        self.unsure: set[int] = set()  # items that cannot be matched with certainty; kept as text
        placements = issue.placements.select_related("item") if issue else Placement.objects.none()
        self.here = {p.item_id: p for p in placements.prefetch_related("translations")}
        self.items = with_rows(self.here)
        self.home = {pk: home_number(item) for pk, item in self.items.items()}

    def run(self) -> dict[int, Match]:
        """Match by title in this issue, title in the archive, URL, named issue, similarity, then across languages."""
        self._by_title_here()
        self._by_title_in_archive()
        for group in self._open_groups():
            self._by_address(*group)
        self._by_named_issue()
        for group in self._open_groups():
            self._by_similarity(*group)
        for group in self._open_groups():
            self._by_structure(*group)
        return self.found

    def unmatched_placements(self) -> list[Placement]:
        """Placements of the issue that match nothing in the document."""
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
                self._take(at, max(candidates, key=lambda item: self._similarity_of_match(entry, item)))

    def _similarity_of_match(self, entry: ParsedItem, item: Item) -> tuple[bool, bool, bool]:
        role = self.here[item.pk].role == entry.role if item.pk in self.here else False
        return item.kind == entry.section, is_same_date(entry, item), role

    def _by_title_in_archive(self) -> None:
        opened = [at for at in range(len(self.entries)) if at not in self.found]
        elsewhere = ids_by_title_key({_key(self.entries[at].title) for at in opened}, self.language)
        items = with_rows({pk for pks in elsewhere.values() for pk in pks if pk not in self.here})
        for at in opened:
            entry = self.entries[at]
            candidates = [items[pk] for pk in elsewhere.get(_key(entry.title), ()) if pk in items]
            candidates = [item for item in candidates if item.pk not in self.taken and _may_be(entry, item)]
            if candidates:
                self._take(at, max(candidates, key=lambda item: home_number(item) == entry.look_back_issue))

    def _open_groups(self) -> list[tuple[list[int], list[Item]]]:
        """What is still unmatched in this issue, by section and by new or look-back."""
        groups: dict[tuple[str, bool], tuple[list[int], list[Item]]] = defaultdict(lambda: ([], []))
        for at, entry in enumerate(self.entries):
            if at not in self.found:
                groups[entry.section, entry.role == Placement.Role.LOOK_BACK][0].append(at)
        for placement in self.unmatched_placements():
            is_back = placement.role == Placement.Role.LOOK_BACK
            groups[placement.section, is_back][1].append(self.items[placement.item_id])
        return [group for group in groups.values() if all(group)]

    def _by_similarity(self, opened: list[int], items: list[Item]) -> None:
        rows = {item.pk: row for item in items if (row := _row_in(item, self.language))}
        if len(opened) * len(rows) > _MOST_PAIRS:
            summaries = {name_key(row.summary): pk for pk, row in rows.items() if row.summary}
            for at in opened:
                pk = summaries.get(name_key(self.entries[at].summary))
                if pk and pk not in self.taken:
                    self._take(at, self.items[pk])
            return
        pairs = {pk: pairs_of(row.title, row.summary) for pk, row in rows.items()}
        scores = []
        for at in opened:
            mine = pairs_of(self.entries[at].title, self.entries[at].summary)
            scores += [(similarity(self.entries[at], self.items[pk], mine, pairs[pk]), at, pk) for pk in rows]
        for score, at, pk in sorted(scores, reverse=True):
            if score and at not in self.found and pk not in self.taken:
                self._take(at, self.items[pk])

    def _by_address(self, opened: list[int], items: list[Item]) -> None:
        """Match by a URL that occurs once in the document and in one item, in any language and order."""
        entries = _unique_keys((address, at) for at in opened for address in urls_of_parsed_item(self.entries[at]))
        owners = _unique_keys((address, item) for item in items for address in urls_of_item(item))
        for address, at in sorted(entries.items()):
            item = owners.get(address)
            if item is not None and at not in self.found and item.pk not in self.taken:
                self._take(at, item)

    def _by_named_issue(self) -> None:
        """Match look-backs whose title or date differs slightly from the item in the issue they name."""
        opened = [
            at
            for at, entry in enumerate(self.entries)
            if at not in self.found and entry.role == Placement.Role.LOOK_BACK and entry.look_back_issue
        ]
        numbers = {self.entries[at].look_back_issue for at in opened}
        homes: dict[str, list[int]] = defaultdict(list)
        placements = Placement.objects.filter(issue__number__in=numbers).exclude(role=Placement.Role.LOOK_BACK)
        for number, pk in placements.values_list("issue__number", "item_id") if numbers else ():
            homes[number].append(pk)
        items = with_rows(pk for pks in homes.values() for pk in pks if pk not in self.taken)
        for at in opened:
            there = [items[pk] for pk in homes[self.entries[at].look_back_issue or ""] if pk in items]
            self._match_look_back(at, [item for item in there if item.kind == self.entries[at].section])

    def _match_look_back(self, at: int, items: list[Item]) -> None:
        """Match the only possible item of the named issue, or warn about a probable one."""
        entry = self.entries[at]
        near = []
        for item in items:
            row = _row_in(item, self.language)
            is_it = row is not None and is_look_back_of(entry, item, row)
            is_it = is_it or not urls_of_parsed_item(entry).isdisjoint(urls_of_item(item))
            if item.pk not in self.taken and (is_it or is_near(entry, item, row)):
                near.append((is_it, title_similarity(entry.title, row.title if row else ""), item.pk, item))
        if not near:
            return
        is_it, _alike, _pk, item = max(near)
        params = {"issue": entry.look_back_issue, "twin": item, "title": entry.title}
        if is_it:
            self._take(at, item)
            self.report.warn(entry.line, _("Matched to “%(twin)s” of issue %(issue)s: %(title)s") % params)
        else:
            text = _("Not found in issue %(issue)s and treated as a different item from its “%(twin)s”: %(title)s")
            self.report.warn(entry.line, text % params)

    def _by_structure(self, opened: list[int], items: list[Item]) -> None:
        """Match an edition in another language: a section's only item with this date, source and look-back number.

        The order of several similar items proves nothing: they are `unsure`.
        """
        items = [item for item in items if item.pk not in self.taken and item.written(self.language) is None]
        opened = [at for at in opened if at not in self.found]
        count = -1
        while items and opened and count != len(opened):  # each match leaves fewer candidates for the others
            count = len(opened)
            self._pair(opened, items, self._when, self._place_of)
            self._pair_by_source(opened, items)
            opened = [at for at in opened if at not in self.found]
            items = [item for item in items if item.pk not in self.taken]
        for at in opened:
            may_be = [item for item in items if self._may_be_edition(at, item)]
            if not may_be:
                continue
            self.unsure.add(at)
            titles = "; ".join(str(item) for item in may_be[:_MOST_NAMED])
            reason = (
                _("Several items of this issue could be this one in another language (%s); kept as text:") % titles
            )
            self.report.keep_unparsed(self.entries[at].line, as_plain_text(self.entries[at]), reason)

    def _pair(
        self,
        opened: list[int],
        items: list[Item],
        key_of_entry: Callable[[int], Hashable],
        key_of_item: Callable[[Item], Hashable],
    ) -> None:
        """Match where a key has only one parsed item and one archive item."""
        entries = _unique_keys((key_of_entry(at), at) for at in opened if at not in self.found)
        owners = _unique_keys((key_of_item(item), item) for item in items if item.pk not in self.taken)
        for key, at in entries.items():
            item = owners.get(key)
            if item is not None and not self._contradicts(at, item, len(opened) == len(items)):
                self._take(at, item)

    def _pair_by_source(self, opened: list[int], items: list[Item]) -> None:
        """Among several with one date, match those with a unique source."""
        there: dict[Hashable, list[Item]] = defaultdict(list)
        for item in items:
            if item.pk not in self.taken:
                there[self._place_of(item)].append(item)
        left = [at for at in opened if at not in self.found]
        same = [(at, i) for at in left for i in there[self._when(at)] if is_same_source(self.entries[at], i)]
        by_entry = _unique_keys(same)
        by_item = _unique_keys((item.pk, at) for at, item in same)
        for at, item in by_entry.items():
            if by_item.get(item.pk) == at:
                self._take(at, item)

    def _contradicts(self, at: int, item: Item, is_complete: bool) -> bool:
        """Whether the two contradict each other. Without a date, more fields must agree."""
        if item.date is not None:
            return False
        mine, theirs = urls_of_parsed_item(self.entries[at]), urls_of_item(item)
        return not is_complete or bool(mine and theirs)

    def _may_be_edition(self, at: int, item: Item) -> bool:
        return is_same_date(self.entries[at], item) and self._when(at)[1] == self._place_of(item)[1]

    def _when(self, at: int) -> tuple[object, str | None]:
        entry = self.entries[at]
        return entry.span.start if entry.span else None, entry.look_back_issue

    def _place_of(self, item: Item) -> tuple[object, str | None]:
        is_back = self.here[item.pk].role == Placement.Role.LOOK_BACK
        return item.date, self.home[item.pk] if is_back else None


def _row_in(item: Item, language: str) -> ItemTranslation | None:
    """The item's text in a language, written or converted from the other Chinese script."""
    rows = [row for row in item.translations.all() if row.language == language and row.title]
    return min(rows, key=lambda row: row.is_converted, default=None)


def _unique_keys(pairs: "Iterable[tuple[K, T]]") -> "dict[K, T]":
    """The keys that have only one value."""
    found: dict[K, list[T]] = defaultdict(list)
    for key, value in pairs:
        if len(found[key]) < 2 and value not in found[key]:
            found[key].append(value)
    return {key: values[0] for key, values in found.items() if len(values) == 1}


def _may_be(entry: ParsedItem, item: Item) -> bool:
    """Whether an item with the same title is this one: kind and date must agree."""
    if item.kind != entry.section or not is_same_date(entry, item):
        return False
    if entry.role == Placement.Role.LOOK_BACK:
        return True
    # Yearly meetings and columns have the same title each time; a new item must also have the same source.
    return is_same_source(entry, item) or (not entry.source and item.source is None and entry.span is not None)


def _key(title: str) -> str:
    return name_key(title)[:300]
