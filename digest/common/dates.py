"""Dates of three precisions and ranges of days, written as each language writes them (CLDR)."""

import calendar
import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from digest.common.cldr import FIELD, facts


class Precision(models.TextChoices):
    """How much of a date is known. A month's date is stored as its first day, a year's as 1 January."""

    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


def format_date(date: dt.date | None, precision: str, language: str) -> str:
    """2024年8月30日, 30 August 2024, 2024年8月, 2024; empty for no date."""
    if date is None:
        return ""
    return _filled(facts(language)["dates"][precision], date, language)


def format_range(start: dt.date | None, end: dt.date | None, precision: str, language: str) -> str:
    """A range as short as the language allows: 10–12 September 2024, 2024年9月10日至12日, 2023–2027."""
    if start is None or end is None or end == start:
        return format_date(start, precision, language)
    difference = "y" if start.year != end.year else "M" if start.month != end.month else "d"
    patterns = facts(language)["intervals"][precision]
    if difference not in patterns:  # they differ in what this precision does not tell
        return format_date(start, precision, language)
    if language == "en":
        return _english_range(start, end, Precision(precision))
    first, last = patterns[difference]
    text = _filled(first, start, language) + _filled(last, end, language)
    return text if text.endswith(("日", "月", "年")) else text + "年"


def _english_range(start: dt.date, end: dt.date, precision: Precision) -> str:
    # CLDR's English intervals abbreviate the month ("10–12 Sept 2024"); running text wants it whole.
    def piece(date: dt.date, pattern: str) -> str:
        return _filled(pattern, date, "en")

    if precision == Precision.YEAR:
        return f"{start.year}–{end.year}"
    day = "" if precision == Precision.MONTH else "d "
    last = piece(end, f"{day}MMMM y")
    if start.year != end.year:
        return f"{piece(start, f'{day}MMMM y')} – {last}"
    if start.month != end.month:
        return f"{piece(start, f'{day}MMMM')} – {last}"
    return f"{start.day}–{last}"


def last_day(date: dt.date | None, precision: str) -> dt.date | None:
    """The last day that a date of this precision may mean: 2024-02 -> 29 February 2024."""
    if date is None or precision == Precision.DAY:
        return date
    month = 12 if precision == Precision.YEAR else date.month
    return date.replace(month=month, day=calendar.monthrange(date.year, month)[1])


def iso_date(date: dt.date | None, precision: str) -> str:
    """ISO 8601 with the precision that is known: 2024-08-30, 2024-08, 2024."""
    if date is None:
        return ""
    return date.isoformat()[: {Precision.YEAR: 4, Precision.MONTH: 7}.get(Precision(precision), 10)]


def _filled(pattern: str, date: dt.date, language: str) -> str:
    fields = {"y": str(date.year), "M": str(date.month), "d": str(date.day)}
    text = FIELD.sub(lambda found: fields.get(found[0]) or facts(language)["months"][date.month - 1], pattern)
    # CLDR separates with thin or no-break spaces in places; Chinese dates are set solid.
    return text if language == "en" else "".join(text.split())
