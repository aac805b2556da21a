"""One announcement of what a transaction changed in the archive, for whatever must follow it.

Every writer (`archive.authoring`) works inside `recording()`. When the outermost one ends, the change is completed and
handed to the listeners, still in the transaction. Parts above the archive register theirs in `AppConfig.ready()`.
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
CHUNK = 500  # ids in one query


def _ids() -> Ids:
    return defaultdict(set)


@dataclass
class Change:
    """Ids of the rows whose pages or records are other than before, by model: Item, Issue, Topic, Source and Place.

    An item is named if its texts, parts, topics, source, places or placements changed, an issue if its own texts did
    or if it shows such an item. A row that was deleted is in `deleted` only; `merged` says into which row it went.
    """

    changed: Ids = field(default_factory=_ids)
    deleted: Ids = field(default_factory=_ids)
    merged: defaultdict[type[models.Model], dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    withdrawn: set[int] = field(default_factory=set)  # ids of items that left the public pages
    is_public: bool = False  # whether readers can see anything of it
    at: dt.datetime = field(default_factory=timezone.now)
    _updated: Ids = field(default_factory=_ids)
    _cancelled: bool = False

    def add(self, model: type[models.Model], ids: Iterable[Any], *, updated: bool = True) -> None:
        """Name rows; `updated=False` where only what surrounds them changed, such as the state of their issue."""
        ids = set(ids)
        self.changed[model] |= ids
        if updated:
            self._updated[model] |= ids

    def cancel(self) -> None:
        """Roll everything back when the outermost `recording()` ends: for dry runs."""
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
            shown = Placement.objects.in_published_issues().filter(item__in=chunk)
            self.add(Issue, shown.values_list("issue", flat=True))
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
    """Have `listener` called with each Change, in its transaction. It may read and write rows of its own part."""
    if listener not in _listeners:
        _listeners.append(listener)


@contextmanager
def recording() -> Iterator[Change]:
    """One transaction and its one Change; inside another `recording()`, a part of that one.

    The row of the cache version is locked first. All writers wait there for one another, so that none of them can
    hold rows another waits for.
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
    return (tuple(ordered[start : start + CHUNK]) for start in range(0, len(ordered), CHUNK))
