"""Records what a transaction changes in the archive, and calls listeners with it.

All functions of `archive.authoring` work inside `record_changes()`. When the outermost block ends, the listeners are
called with the Change, still in the transaction. Apps above `archive` register listeners in `AppConfig.ready()`.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from digest.archive.models import CacheVersion, Issue, Item, Placement

Ids = defaultdict[type[models.Model], set[Any]]
CHUNK_SIZE = 500  # ids per query


def _ids() -> Ids:
    return defaultdict(set)


@dataclass
class Change:
    """The ids of the rows whose pages or records changed, by model: Item, Issue, Topic, Source and Place.

    An item is included if its texts, attachments, topics, source, places or placements changed, an issue if its own
    texts changed or it shows such an item. A deleted row is in `deleted` only; `merged` maps it to the row it was
    merged into.
    """

    changed: Ids = field(default_factory=_ids)
    deleted: Ids = field(default_factory=_ids)
    merged: defaultdict[type[models.Model], dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    withdrawn: set[int] = field(default_factory=set)  # ids of items
    is_public: bool = False  # whether readers can see any of the changes
    at: dt.datetime = field(default_factory=timezone.now)
    _updated: Ids = field(default_factory=_ids)
    _cancelled: bool = False

    def add(self, model: type[models.Model], ids: Iterable[Any], *, updated: bool = True) -> None:
        """Add changed rows; `updated=False` if not they but, for example, the state of their issue changed."""
        ids = set(ids)
        self.changed[model] |= ids
        if updated:
            self._updated[model] |= ids

    def cancel(self) -> None:
        """Roll back when the outermost `record_changes()` ends: for dry runs."""
        self._cancelled = True

    def __bool__(self) -> bool:
        return any(self.changed.values()) or any(self.deleted.values())

    def _finish(self) -> None:
        if self._cancelled:
            transaction.set_rollback(True)
        elif self:
            self._complete()
            for listener in _listeners:
                listener(self)

    def _complete(self) -> None:
        for model, ids in self.deleted.items():
            self.changed[model] -= ids
        for chunk in _chunks(self._updated[Item]):
            placements = Placement.objects.in_published_issues().filter(item__in=chunk)
            self.add(Issue, placements.values_list("issue", flat=True))
        count = sum(
            model.objects.published().filter(pk__in=chunk).update(updated_at=self.at)
            for model in (Item, Issue)
            for chunk in _chunks(self._updated[model])
        )
        self.is_public = self.is_public or bool(count)


Listener = Callable[[Change], None]
_listeners: list[Listener] = []
_current: ContextVar[Change | None] = ContextVar("change", default=None)


def register(listener: Listener) -> None:
    """Call `listener` with each Change, in its transaction. It may read and write rows of its own app."""
    if listener not in _listeners:
        _listeners.append(listener)


@contextmanager
def record_changes() -> Iterator[Change]:
    """A transaction with its Change; a nested `record_changes()` joins the outer one.

    The row of the cache version is locked first. All writers wait for one another there, so they cannot deadlock.
    """
    if (outer := _current.get()) is not None:
        with transaction.atomic(savepoint=False):
            yield outer
        return
    with transaction.atomic():
        CacheVersion.lock()
        change = Change()
        token = _current.set(change)
        try:
            yield change
            change._finish()
        finally:
            _current.reset(token)


def _chunks(ids: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    ordered = sorted(ids)
    return (tuple(ordered[start : start + CHUNK_SIZE]) for start in range(0, len(ordered), CHUNK_SIZE))
