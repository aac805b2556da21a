"""Reading of subscribers' CSV files: each row is parsed, or refused with a reason. Nothing is saved here."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from digest.common.sections import Section
from digest.common.text import redact_emails
from digest.subscriptions.addresses import EmailAddress, canonical
from digest.subscriptions.csv_escaping import unescape_formula
from digest.subscriptions.csv_export import COLUMNS
from digest.subscriptions.models import Subscriber
from digest.subscriptions.preferences import Preferences, join_sections, join_topics, topic_groups, topic_ids

State = Subscriber.State
_MAX_CONSENT_TEXT = 2000
RESULT_LABELS = {
    "added": gettext_lazy("added"),
    "to confirm": gettext_lazy("confirmation requested"),
    "ended": gettext_lazy("ended"),
    "kept": gettext_lazy("unchanged"),
    "kept out": gettext_lazy("not added"),
    "skipped": gettext_lazy("skipped"),
    "refused": gettext_lazy("rejected"),
}
# A consent history is a single cell and may exceed the csv module's default limit of 128 KiB.
csv.field_size_limit(16 * 2**20)


class UnreadableFile(Exception):
    """The file as a whole cannot be read. The message says why."""


@dataclass(frozen=True)
class RowResult:
    """The result for one row: its line number, its kind (a key of RESULT_LABELS), and an optional reason."""

    line: int
    kind: str
    reason: str = ""

    @property
    def label(self) -> str:
        return str(RESULT_LABELS[self.kind])


@dataclass(frozen=True)
class SubscriberRow:
    line: int
    address: EmailAddress
    state: str
    preferences: Preferences
    paused_until: dt.date | None
    consented_at: dt.datetime | None
    consent_text: str
    history: list[Any]  # from an export of this portal

    @property
    def is_proven(self) -> bool:
        return bool(self.state == State.ACTIVE and self.consented_at and self.consent_text)


def read_columns(text: str) -> list[str]:
    """The column names in the first line. Reads the whole file, so that a malformed file is not partly imported."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
        for _cells in reader:
            pass
    except csv.Error as error:
        raise UnreadableFile(_("Line %(line)s: %(error)s") % {"line": reader.line_num, "error": error}) from error
    if "address" not in columns:
        raise UnreadableFile(_("The first line must contain the column names, including “address”."))
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown or len(set(columns)) < len(columns):
        names = {"unknown": ", ".join(unknown) or "?", "known": ", ".join(COLUMNS)}
        raise UnreadableFile(_("Unknown or repeated columns: %(unknown)s. Allowed columns: %(known)s.") % names)
    return columns


def read_rows(text: str, columns: list[str], language: str) -> Iterator[SubscriberRow | RowResult]:
    """Each row as parsed, or the reason why it is refused."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    next(reader)
    known = topic_ids(topic_groups())
    for cells in reader:
        if cells:  # not an empty line
            yield _read_row(reader.line_num, columns, cells, language, known)


def _read_row(
    line: int, columns: list[str], cells: list[str], language: str, known: set[int]
) -> SubscriberRow | RowResult:
    if len(cells) != len(columns):
        return RowResult(line, "refused", _("The number of cells in this row differs from the number of columns."))
    if any("\x00" in cell for cell in cells):
        return RowResult(line, "refused", _("The row contains an invisible character."))
    typed = dict(zip(columns, map(unescape_formula, cells), strict=True))
    values = {name: text.strip() for name, text in typed.items()}
    if values.get("state") == State.ERASED and not values["address"]:
        return RowResult(line, "skipped", _("This subscriber’s data was deleted, so there is nothing to import."))
    try:
        return _read(line, {**values, "address": typed["address"]}, language, known)
    except ValidationError as error:
        return RowResult(line, "refused", " ".join(error.messages))


def _read(line: int, values: dict[str, str], language: str, known: set[int]) -> SubscriberRow:
    state = values.get("state") or State.ACTIVE
    if state not in State.values:
        raise ValidationError(_("Unknown state: %(value)s"), params={"value": state[:40]})
    if state == State.ERASED:
        raise ValidationError(
            _("A deleted subscriber has no address: remove this row, or delete the subscriber here.")
        )
    text = values.get("consent_text", "")
    if len(text) > _MAX_CONSENT_TEXT:
        raise ValidationError(_("The consent text is too long."))
    if "@" in text:
        raise ValidationError(_("Do not include an email address: this text is kept after the address is deleted."))
    return SubscriberRow(
        line,
        canonical(values["address"]),
        state,
        _read_choices(values, language, known),
        _read_day(values.get("paused_until", "")),
        _read_time(values.get("consented_at", "")),
        text,
        _read_history(redact_emails(values.get("consent", ""))),
    )


def _read_history(text: str) -> list[Any]:
    """A history written by `csv_export`, stored as proof. Databases refuse NUL, NaN and lone surrogates."""
    try:
        history = json.loads(text or "[]")
        again = json.dumps(history, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        history, again = None, b""
    if not isinstance(history, list) or b"\\u0000" in again:
        raise ValidationError(_("The “consent” column does not contain a JSON list."))
    return history


def _read_choices(values: dict[str, str], language: str, known: set[int]) -> Preferences:
    sections = [name.strip() for name in values.get("sections", "").split(",") if name.strip()]
    for section in sections:
        _check_allowed("section", section, Section.values)
    topics = [text.strip() for text in values.get("topics", "").split(",") if text.strip()]
    for text in topics:
        _check_allowed("topic", text, {str(number) for number in known})
    return Preferences(
        _check_allowed(
            "language", values.get("language") or language, [code for code, _label in Subscriber.MAIL_LANGUAGES]
        ),
        join_sections(sections) if sections else "",
        join_topics(map(int, topics), known) if topics else "",
        _check_allowed("rhythm", values.get("rhythm") or Subscriber.Rhythm.EVERY_ISSUE, Subscriber.Rhythm.values),
    )


def _check_allowed(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return the value if it is allowed."""
    if value not in allowed:
        raise ValidationError(_("Unknown %(name)s: %(value)s"), params={"name": name, "value": value[:40]})
    return value


def _read_day(text: str) -> dt.date | None:
    try:
        day: dt.date | None = forms.DateField(required=False, input_formats=["%Y-%m-%d"]).clean(text)
    except ValidationError as error:
        raise ValidationError(_("Not a valid date: %(value)s"), params={"value": text[:40]}) from error
    return day


def _read_time(text: str) -> dt.datetime | None:
    """A date or time in the past; without a time zone, in the portal's."""
    if not text:
        return None
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = dt.datetime.combine(day, dt.time())
    except ValueError:
        moment = None
    if moment is None or moment.year < 1990:
        raise ValidationError(_("Not a valid date: %(value)s"), params={"value": text[:40]})
    moment = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    if moment > timezone.now():
        raise ValidationError(_("Date is in the future: %(value)s"), params={"value": text[:40]})
    return moment
