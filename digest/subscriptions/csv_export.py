"""Export of subscribers as CSV, with preferences and consent history; `csv_import` can read it."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from digest.subscriptions.csv_escaping import escape_formula
from digest.subscriptions.models import ConsentEvent, Subscriber

CHOICES = ("language", "sections", "topics", "rhythm", "paused_until")
TIMES = ("created_at", "confirmed_at", "ended_at")
# An import needs consented_at and consent_text as proof of consent.
COLUMNS = ("address", "state", *CHOICES, *TIMES, "consented_at", "consent_text", "consent")
_EVENT = ("kind", "at", "text_version", "language", "way", "network", "detail")
_CHUNK = 1000


class _Echo:
    """A file-like object for csv.writer whose `write` returns the text, so that `writerow` does too."""

    def write(self, text: str, /) -> str:
        return text


def csv_lines(rows: QuerySet[Subscriber]) -> Iterator[str]:
    """The header and one line per subscriber, oldest first. Erased ones have no address."""
    writer: Any = csv.writer(_Echo(), lineterminator="\r\n")  # RFC 4180
    yield writer.writerow(COLUMNS)
    for row in rows.order_by("pk").prefetch_related("consent_events").iterator(_CHUNK):
        yield writer.writerow([escape_formula(cell) for cell in _cells(row)])


def _cells(row: Subscriber) -> Iterator[str]:
    events = list(row.consent_events.all())
    agreed = _consent_text(events)
    yield row.address
    yield row.state
    for name in (*CHOICES, *TIMES):
        value = getattr(row, name)
        yield value if isinstance(value, str) else value.isoformat() if value else ""
    yield row.confirmed_at.isoformat() if agreed and row.confirmed_at else ""
    yield agreed
    history = [{name: getattr(event, name) for name in _EVENT} for event in events]
    yield json.dumps(history, cls=DjangoJSONEncoder, ensure_ascii=False)


def _consent_text(events: list[ConsentEvent]) -> str:
    """What the subscriber last agreed to: the version of our consent text, or the text given in an import."""
    for event in reversed(events):
        if event.kind == ConsentEvent.Kind.CONFIRMED:
            return event.text_version
        if event.kind == ConsentEvent.Kind.IMPORTED and event.detail.get("consent_text"):
            return str(event.detail["consent_text"])
    return ""
