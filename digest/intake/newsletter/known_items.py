"""Loads items with everything an import compares, in few queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from digest.archive.models import Item, ItemTranslation, Origin, Placement

T = TypeVar("T")
_CHUNK = 400  # keys per query


def ids_by_title_key(keys: set[str], language: str) -> dict[str, list[int]]:
    """Ids of items whose written title in this language has one of these keys."""
    found: dict[str, list[int]] = defaultdict(list)
    for some in _chunks(sorted(keys - {""})):
        rows = ItemTranslation.objects.filter(title_key__in=some, language=language, origin=Origin.WRITTEN)
        for key, pk in rows.values_list("title_key", "owner_id").order_by("owner_id"):
            found[key].append(pk)
    return found


def with_rows(ids: Iterable[int]) -> dict[int, Item]:
    """The items with everything an import compares, in a fixed number of queries per chunk."""
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


def home_number(item: Item) -> str | None:
    homes = (p.issue.number for p in item.placements.all() if p.role != Placement.Role.LOOK_BACK)
    return next(homes, None)
