"""Two editors at one row: a form knows what it was opened on, and no save goes unseen over what came in between."""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import ManyToManyField, Model, prefetch_related_objects
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

FIELD = "_version"  # of the hidden input in the form
_WRITTEN = re.compile(r"([0-9a-f]{32})-([0-9]{1,17})", re.ASCII)


@dataclass(frozen=True)
class Part:
    """Rows that are changed in the form of another."""

    rows: Any  # a query set
    owner: str  # name of the foreign key that leads to the form's row


@dataclass(frozen=True)
class Version:
    """What a row and its parts held when somebody looked."""

    digest: str
    seen: dt.datetime

    def __str__(self) -> str:
        return f"{self.digest}-{int(self.seen.timestamp() * 1_000_000)}"

    @classmethod
    def read(cls, text: str) -> "Version | None":
        """The reverse of `str`; None for anything else."""
        if not (found := _WRITTEN.fullmatch(text)):
            return None
        return cls(found[1], dt.datetime.fromtimestamp(int(found[2]) / 1_000_000, dt.UTC))


def version_of(row: Model, parts: Iterable[Part]) -> Version:
    """The version of a row that was read just now, and of its parts. What is derived does not count."""
    seen = timezone.now()
    ties = [field.name for field in row._meta.many_to_many if isinstance(field, ManyToManyField)]
    prefetch_related_objects([row], *ties)  # the form reads them, too
    told: list[Any] = [{name: _plain(value) for name, value in model_to_dict(row).items()}]
    for part in parts:
        names = [f.attname for f in part.rows.model._meta.concrete_fields if f.editable or f.primary_key]
        mine = part.rows.filter(**{part.owner: row.pk}).prefetch_related(None).order_by("pk")
        told.append([[_plain(value) for value in values] for values in mine.values_list(*names)])
    return Version(hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest(), seen)


def _plain(value: Any) -> Any:
    """Ties to many rows by their keys, in one order; the rest in words."""
    return sorted(str(each.pk) for each in value) if isinstance(value, list) else str(value)


def objection(row: Model, parts: Iterable[Part], opened: Version, now: Version) -> str:
    """Why a form that was opened on `opened` is not saved over `now`; empty where nothing has changed."""
    if opened.digest == now.digest:
        return ""
    last = _last_change(row, parts, opened.seen)
    if last is None:
        who = _("Not saved: this was changed after you opened it, on another page or by a command.")
    else:
        when = date_format(timezone.localtime(last.history_date), "DATETIME_FORMAT")
        who = _("Not saved: %(editor)s changed this on %(time)s, after you opened it.") % {
            "editor": last.history_user or _("a command"),
            "time": when,
        }
    rest = _("What you typed is kept below; “History” shows the change. If you save again, this form replaces it.")
    return f"{who} {rest}"


def _last_change(row: Model, parts: Iterable[Part], since: dt.datetime) -> Any:
    """The newest revision of the row or its parts after a moment; not all parts keep revisions."""
    histories: list[Any] = [type(row).history.filter(**{row._meta.pk.attname: row.pk})] if _is_kept(type(row)) else []  # type: ignore[attr-defined]
    for part in parts:
        if _is_kept(part.rows.model):
            histories.append(part.rows.model.history.filter(**{part.owner: row.pk}))
    newest = [rows.filter(history_date__gte=since).order_by("history_date").last() for rows in histories]
    return max(filter(None, newest), key=lambda record: record.history_date, default=None)


def _is_kept(model: Any) -> bool:
    return hasattr(model, "history")
