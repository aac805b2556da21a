"""What was done to the parts of a row, for its history page: an item's texts and links are rows of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

from digest.archive.models import Origin
from digest.common.languages import LANGUAGES

SHOWN = 100  # revisions, the newest
LOOKED_AT = 400  # older ones may be the state before a shown one
AROUND = 30  # characters left standing around what has changed
LONGEST = 600  # characters of a change; the revision itself has the whole text


@dataclass(frozen=True)
class Change:
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class PartRecord:
    """A line of the history page."""

    record: Any
    part: str
    changes: list[Change]
    address: str  # of the revision's page, if it has one


def part_records(model: type[models.Model], pk: Any) -> list[PartRecord]:
    """The newest revisions of a row's parts, the newest first, with what each has changed."""
    found: list[Any] = []
    for part, owner in _parts(model):
        written = {"origin": Origin.WRITTEN} if _has(part, "origin") else {}
        rows = part.history.filter(**{owner: pk}, **written).select_related("history_user")
        found += rows.order_by("-history_date", "-history_id")[:LOOKED_AT]
    found.sort(key=lambda record: (record.history_date, record.history_id), reverse=True)
    return [_told(record, _before(record, found[place + 1 :])) for place, record in enumerate(found[:SHOWN])]


def log_entries(model: type[models.Model], pk: Any) -> models.QuerySet[LogEntry]:
    """What editors did in the admin, in the admin's words; rows without revisions are told of here only."""
    kind = ContentType.objects.get_for_model(model)
    rows = LogEntry.objects.filter(content_type=kind, object_id=str(pk)).select_related("user")
    return rows.order_by("-action_time", "-pk")[:SHOWN]


def _parts(model: type[models.Model]) -> Iterator[tuple[Any, str]]:
    """Models whose revisions are kept and whose rows go when their row of `model` goes, with their key to it."""
    for relation in model._meta.related_objects:
        if relation.on_delete is models.CASCADE and hasattr(relation.related_model, "history"):
            yield relation.related_model, relation.field.name


def _has(model: Any, name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


def _before(record: Any, older: list[Any]) -> Any:
    same = (r for r in older if type(r) is type(record) and r.id == record.id)
    return next(same, None)


def _told(record: Any, before: Any) -> PartRecord:
    model = record.instance_type
    name = str(capfirst(model._meta.verbose_name))
    language = LANGUAGES.get(getattr(record, "language", ""))
    part = f"{name} ({language.name})" if language else f"{name} {record.id}"
    return PartRecord(record, part, list(_changes(model, record, before)), _address(model, record))


def _changes(model: Any, record: Any, before: Any) -> Iterator[Change]:
    if record.history_type == "-" or (before is None and record.history_type != "+"):
        return
    for field in model._meta.concrete_fields:
        if field.editable and not field.primary_key and not field.is_relation and field.name != "language":
            old, new = (_shown(field, each) for each in (before, record))
            if old != new:
                yield Change(str(field.verbose_name), *difference(old, new))


def _shown(field: Any, record: Any) -> str:
    value = getattr(record, field.attname) if record is not None else ""
    return "" if value is None else str(dict(field.flatchoices).get(value, value))


def difference(old: str, new: str) -> tuple[str, str]:
    """The stretch in which two texts differ, with a few characters around it; dots stand for what is left out."""
    start = _in_common(old, new)
    end = _in_common(old[start:][::-1], new[start:][::-1])
    return _stretch(old, start, len(old) - end), _stretch(new, start, len(new) - end)


def _in_common(one: str, other: str) -> int:
    """How many characters two texts share at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _stretch(text: str, start: int, end: int) -> str:
    first, last = max(0, start - AROUND), min(len(text), end + AROUND, start + LONGEST)
    return "…" * (first > 0) + text[first:last] + "…" * (last < len(text))


def _address(model: Any, record: Any) -> str:
    try:
        return reverse(f"admin:archive_{model._meta.model_name}_simple_history", args=[record.id, record.pk])
    except NoReverseMatch:  # links have no page of their own
        return ""
