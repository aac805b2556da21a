"""Detects that a row was changed after an editor opened its form, so that no change is overwritten unnoticed."""

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

VERSION_FIELD = "_version"  # the name of the hidden input in the form
_SERIALIZED = re.compile(r"([0-9a-f]{32})-([0-9]{1,17})", re.ASCII)


@dataclass(frozen=True)
class InlineRows:
    """The rows of an inline of the form."""

    rows: Any  # a QuerySet
    foreign_key: str  # the field that points to the row of the form


@dataclass(frozen=True)
class FormVersion:
    """A hash of a row and its inlines, and the time when they were read."""

    digest: str
    read_at: dt.datetime

    def __str__(self) -> str:
        return f"{self.digest}-{int(self.read_at.timestamp() * 1_000_000)}"

    @classmethod
    def parse(cls, text: str) -> "FormVersion | None":
        """The reverse of `str`; None for any other text."""
        if not (match := _SERIALIZED.fullmatch(text)):
            return None
        return cls(match[1], dt.datetime.fromtimestamp(int(match[2]) / 1_000_000, dt.UTC))


def form_version(row: Model, inlines: Iterable[InlineRows]) -> FormVersion:
    """The current version of a row, which has just been read, and of its inlines. Derived fields are ignored."""
    read_at = timezone.now()
    relations = [field.name for field in row._meta.many_to_many if isinstance(field, ManyToManyField)]
    prefetch_related_objects([row], *relations)  # the form needs them, too
    values: list[Any] = [{name: _serialize(value) for name, value in model_to_dict(row).items()}]
    for inline in inlines:
        names = [f.attname for f in inline.rows.model._meta.concrete_fields if f.editable or f.primary_key]
        rows = inline.rows.filter(**{inline.foreign_key: row.pk}).prefetch_related(None).order_by("pk")
        values.append([[_serialize(value) for value in row_values] for row_values in rows.values_list(*names)])
    return FormVersion(hashlib.blake2b(repr(values).encode(), digest_size=16).hexdigest(), read_at)


def _serialize(value: Any) -> Any:
    """Related rows as their sorted primary keys, anything else as a string."""
    return sorted(str(row.pk) for row in value) if isinstance(value, list) else str(value)


def conflict_message(row: Model, inlines: Iterable[InlineRows], opened: FormVersion, current: FormVersion) -> str:
    """Why a form with the version `opened` is not saved; empty if nothing has changed since."""
    if opened.digest == current.digest:
        return ""
    last = _last_change(row, inlines, opened.read_at)
    if last is None:
        reason = _("Not saved: this was changed after you opened it, on another page or by a command.")
    else:
        when = date_format(timezone.localtime(last.history_date), "DATETIME_FORMAT")
        reason = _("Not saved: %(editor)s changed this on %(time)s, after you opened it.") % {
            "editor": last.history_user or _("a command"),
            "time": when,
        }
    advice = _("Your text is kept below; see “History” for the other change. Saving again will overwrite it.")
    return f"{reason} {advice}"


def _last_change(row: Model, inlines: Iterable[InlineRows], since: dt.datetime) -> Any:
    """The newest revision of the row or its inlines after `since`; not all models have history."""
    histories: list[Any] = []
    if _has_history(type(row)):
        histories.append(type(row).history.filter(**{row._meta.pk.attname: row.pk}))  # type: ignore[attr-defined]
    for inline in inlines:
        if _has_history(inline.rows.model):
            histories.append(inline.rows.model.history.filter(**{inline.foreign_key: row.pk}))
    newest = [rows.filter(history_date__gte=since).order_by("history_date").last() for rows in histories]
    return max(filter(None, newest), key=lambda record: record.history_date, default=None)


def _has_history(model: Any) -> bool:
    return hasattr(model, "history")
