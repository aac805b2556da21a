"""The revisions of rows related to a row, for its history page: the texts and links of an item are separate rows."""

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

MAX_SHOWN = 100  # revisions, the newest
MAX_READ = 400  # revisions; older ones may be needed as the state before a shown one
CONTEXT_LENGTH = 30  # characters shown around a change
MAX_CHANGE_LENGTH = 600  # characters; the page of the revision has the whole text


@dataclass(frozen=True)
class FieldChange:
    """The old and new value of a field, shortened."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class RelatedRevision:
    """A revision of a related row."""

    record: Any
    part: str  # for example "Text (English)"
    changes: list[FieldChange]
    url: str  # of the revision's page; may be empty


def related_revisions(model: type[models.Model], pk: Any) -> list[RelatedRevision]:
    """The latest revisions of the rows that belong to a row, newest first, with what each changed."""
    records: list[Any] = []
    for related_model, foreign_key in _related_models_with_history(model):
        written = {"origin": Origin.WRITTEN} if _has_field(related_model, "origin") else {}
        rows = related_model.history.filter(**{foreign_key: pk}, **written).select_related("history_user")
        records += rows.order_by("-history_date", "-history_id")[:MAX_READ]
    records.sort(key=lambda record: (record.history_date, record.history_id), reverse=True)
    return [
        _describe(record, _previous_record(record, records[index + 1 :]))
        for index, record in enumerate(records[:MAX_SHOWN])
    ]


def log_entries(model: type[models.Model], pk: Any) -> models.QuerySet[LogEntry]:
    """The admin's own log of a row, newest entries first; it also contains changes of rows without history."""
    content_type = ContentType.objects.get_for_model(model)
    rows = LogEntry.objects.filter(content_type=content_type, object_id=str(pk)).select_related("user")
    return rows.order_by("-action_time", "-pk")[:MAX_SHOWN]


def _related_models_with_history(model: type[models.Model]) -> Iterator[tuple[Any, str]]:
    """Models with history whose rows are deleted with a row of `model`, and the name of their foreign key to it."""
    for relation in model._meta.related_objects:
        if relation.on_delete is models.CASCADE and hasattr(relation.related_model, "history"):
            yield relation.related_model, relation.field.name


def _has_field(model: Any, name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


def _previous_record(record: Any, older: list[Any]) -> Any:
    same_row = (r for r in older if type(r) is type(record) and r.id == record.id)
    return next(same_row, None)


def _describe(record: Any, previous: Any) -> RelatedRevision:
    model = record.instance_type
    name = str(capfirst(model._meta.verbose_name))
    language = LANGUAGES.get(getattr(record, "language", ""))
    part = f"{name} ({language.name})" if language else f"{name} {record.id}"
    return RelatedRevision(record, part, list(_changes(model, record, previous)), _revision_url(model, record))


def _changes(model: Any, record: Any, previous: Any) -> Iterator[FieldChange]:
    if record.history_type == "-" or (previous is None and record.history_type != "+"):
        return
    for field in model._meta.concrete_fields:
        if field.editable and not field.primary_key and not field.is_relation and field.name != "language":
            old, new = (_display_value(field, each) for each in (previous, record))
            if old != new:
                yield FieldChange(str(field.verbose_name), *shorten_to_difference(old, new))


def _display_value(field: Any, record: Any) -> str:
    value = getattr(record, field.attname) if record is not None else ""
    return "" if value is None else str(dict(field.flatchoices).get(value, value))


def shorten_to_difference(old: str, new: str) -> tuple[str, str]:
    """Two texts without their common beginning and end, but for a few characters; dots stand for what is left out."""
    start = _common_prefix_length(old, new)
    end = _common_prefix_length(old[start:][::-1], new[start:][::-1])
    return _excerpt(old, start, len(old) - end), _excerpt(new, start, len(new) - end)


def _common_prefix_length(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _excerpt(text: str, start: int, end: int) -> str:
    first, last = max(0, start - CONTEXT_LENGTH), min(len(text), end + CONTEXT_LENGTH, start + MAX_CHANGE_LENGTH)
    return "…" * (first > 0) + text[first:last] + "…" * (last < len(text))


def _revision_url(model: Any, record: Any) -> str:
    try:
        return reverse(f"admin:archive_{model._meta.model_name}_simple_history", args=[record.id, record.pk])
    except NoReverseMatch:  # links have no page of their own
        return ""
