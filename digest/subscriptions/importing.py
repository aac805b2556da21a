"""Subscribers from CSV, row by row. An import never raises consent: who left or was kept out stays so.

Who is known already keeps state and choices; only an end that the file tells of (`unsubscribed`, `bounced`,
`complained`, `blocked`) is taken over. Who is new and comes with `consented_at` and `consent_text` is active; others
are asked to confirm.
"""

import csv
import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from digest.common.sections import Section
from digest.subscriptions import joining, leaving
from digest.subscriptions.addresses import Address, canonical
from digest.subscriptions.cells import unquoted
from digest.subscriptions.choices import Choices, join_sections, join_topics, topic_groups, topic_ids
from digest.subscriptions.consent import Way, record
from digest.subscriptions.exporting import COLUMNS
from digest.subscriptions.models import ConsentEvent, Subscriber

State = Subscriber.State
_ENDS = (State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED, State.BLOCKED)
_LONGEST_TEXT = 2000


class NotReadable(Exception):
    """The file as a whole cannot be read; says why."""


@dataclass(frozen=True)
class Outcome:
    """What became of one row: `line` in the file, `kind` as counted in the report, and why, if there is a reason."""

    line: int
    kind: str  # added, to confirm, ended, kept, kept out, skipped, refused
    reason: str = ""


@dataclass(frozen=True)
class _Entry:
    address: Address
    state: str
    choices: Choices
    paused_until: dt.date | None
    consented_at: dt.datetime | None
    consent_text: str
    history: list[Any]  # of an export of ours


def import_csv(lines: Iterable[str], language: str, way: Way) -> Iterator[Outcome]:
    """Import rows one by one; `language` is for rows that name none. Raises NotReadable before the first row.

    Call it in a transaction, and roll that back for a dry run.
    """
    reader = csv.DictReader(lines, strict=True)
    known = topic_ids(topic_groups())
    try:
        columns = [name.strip().lstrip("\ufeff") for name in reader.fieldnames or []]
        _check_columns(columns)
        reader.fieldnames = columns
        for cells in reader:
            yield _import_row(reader.line_num, cells, language, known, way)
    except csv.Error as error:
        raise NotReadable(_("Line %(line)s: %(error)s") % {"line": reader.line_num, "error": error}) from error


def _check_columns(columns: list[str]) -> None:
    if "address" not in columns:
        raise NotReadable(_("The first line must name the columns, “address” among them."))
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown or len(set(columns)) < len(columns):
        names = {"unknown": ", ".join(unknown) or "?", "known": ", ".join(COLUMNS)}
        raise NotReadable(_("Unknown or repeated columns: %(unknown)s. Known are: %(known)s.") % names)


def _import_row(line: int, cells: dict[Any, Any], language: str, known: set[int], way: Way) -> Outcome:
    if None in cells or None in cells.values():
        return Outcome(line, "refused", _("The row has more or fewer cells than there are columns."))
    if any("\x00" in text for text in cells.values()):
        return Outcome(line, "refused", _("There is an invisible character in the row."))
    values = {name: unquoted(text).strip() for name, text in cells.items()}
    if values.get("state") == State.ERASED and not values["address"]:
        return Outcome(line, "skipped", _("It was erased: there is nothing to import."))
    try:
        values["address"] = unquoted(cells["address"])
        entry = _read(values, language, known)
    except ValidationError as error:
        return Outcome(line, "refused", " ".join(error.messages))
    with transaction.atomic():
        kind, reason = _take(entry, way)
    return Outcome(line, kind, reason)


def _read(values: dict[str, str], language: str, known: set[int]) -> _Entry:
    state = values.get("state") or State.ACTIVE
    if state not in State.values:
        raise ValidationError(_("Unknown state: %(value)s"), params={"value": state[:40]})
    text = values.get("consent_text", "")
    if len(text) > _LONGEST_TEXT:
        raise ValidationError(_("The text of the consent is too long."))
    return _Entry(
        canonical(values["address"]),
        state,
        _read_choices(values, language, known),
        _read_day(values.get("paused_until", "")),
        _read_time(values.get("consented_at", "")),
        text,
        _read_history(values.get("consent", "")),
    )


def _read_history(text: str) -> list[Any]:
    """What `exporting` wrote: kept beside the new event, as proof. Databases refuse NUL, NaN and lone surrogates."""
    try:
        history = json.loads(text or "[]")
        again = json.dumps(history, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        history, again = None, b""
    if not isinstance(history, list) or b"\\u0000" in again:
        raise ValidationError(_("The column “consent” holds no list in JSON."))
    return history


def _read_choices(values: dict[str, str], language: str, known: set[int]) -> Choices:
    sections = [name.strip() for name in values.get("sections", "").split(",") if name.strip()]
    for section in sections:
        _one_of("section", section, Section.values)
    topics = [text.strip() for text in values.get("topics", "").split(",") if text.strip()]
    for text in topics:
        _one_of("topic", text, {str(number) for number in known})
    return Choices(
        _one_of("language", values.get("language") or language, [code for code, _label in Subscriber.MAIL_LANGUAGES]),
        join_sections(sections) if sections else "",
        join_topics(map(int, topics), known) if topics else "",
        _one_of("rhythm", values.get("rhythm") or Subscriber.Rhythm.EVERY_ISSUE, Subscriber.Rhythm.values),
    )


def _one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """The value, if it is one of those allowed."""
    if value not in allowed:
        raise ValidationError(_("Unknown %(name)s: %(value)s"), params={"name": name, "value": value[:40]})
    return value


def _read_day(text: str) -> dt.date | None:
    try:
        day: dt.date | None = forms.DateField(required=False, input_formats=["%Y-%m-%d"]).clean(text)
    except ValidationError as error:
        raise ValidationError(_("Not a date: %(value)s"), params={"value": text[:40]}) from error
    return day


def _read_time(text: str) -> dt.datetime | None:
    """A day or a moment that has been; without a zone it is of the portal's."""
    if not text:
        return None
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = dt.datetime.combine(day, dt.time())
    except ValueError:
        moment = None
    if moment is None or moment.year < 1990:
        raise ValidationError(_("Not a date: %(value)s"), params={"value": text[:40]})
    moment = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    if moment > timezone.now():
        raise ValidationError(_("This lies in the future: %(value)s"), params={"value": text[:40]})
    return moment


def _take(entry: _Entry, way: Way) -> tuple[str, str]:
    """What is done with a row, and why."""
    row = Subscriber.objects.filter(address_key=entry.address.key).first()
    if row:
        return _end_known(row, entry.state, way)
    if joining.is_suppressed(entry.address):
        return "kept out", _("Erased or blocked: only the address’s owner can come back.")
    if entry.state in _ENDS:
        row = _add(entry, entry.state, way, ended_at=timezone.now())
        if entry.state == State.BLOCKED:
            leaving.keep_out(entry.address.key, State.BLOCKED)
        return "added", _("As %(state)s.") % {"state": row.get_state_display()}
    if entry.state == State.ACTIVE and entry.consented_at and entry.consent_text:
        _add(entry, State.ACTIVE, way, confirmed_at=entry.consented_at)
        return "added", ""
    if not entry.address.is_served:
        return "kept out", _("This address is one that we do not write to.")
    joining.notify_pending(_add(entry, State.PENDING, way))
    return "to confirm", _("Without proof of consent: a mail asks for confirmation.")


def _end_known(row: Subscriber, state: str, way: Way) -> tuple[str, str]:
    has_ended = (
        (state == State.UNSUBSCRIBED and row.state != State.BOUNCED and leaving.unsubscribe(row, way))
        or (state in (State.BOUNCED, State.COMPLAINED) and leaving.suppress(row, state, way))
        or (state == State.BLOCKED and leaving.block(row, way))
    )
    row.refresh_from_db()
    known = _("Known already: %(state)s.") % {"state": row.get_state_display()}
    return ("ended" if has_ended else "kept"), known


def _add(entry: _Entry, state: str, way: Way, **times: dt.datetime) -> Subscriber:
    address, fields = entry.address, entry.choices.as_fields()
    row = Subscriber.objects.create(
        address=address.address,
        address_key=address.key,
        state=state,
        paused_until=entry.paused_until,
        **fields,
        **times,
    )
    proof: dict[str, Any] = {
        "consented_at": entry.consented_at.isoformat() if entry.consented_at else "",
        "state": state,
    }
    proof["history"] = entry.history
    record(row, ConsentEvent.Kind.IMPORTED, way, detail={**proof, "consent_text": entry.consent_text})
    return row
