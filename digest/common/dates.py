"""Formatting of dates and date ranges by language (CLDR) and precision."""

import calendar
import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from digest.common.cldr import DATE_FIELD, locale_data


class Precision(models.TextChoices):
    """How much of a date is known. A month is stored as its first day, a year as 1 January."""

    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


def format_date(date: dt.date | None, precision: str, language: str) -> str:
    """Format a date: 2024年8月30日, 30 August 2024, 2024年8月, 2024. Empty if there is no date."""
    if date is None:
        return ""
    return _fill_pattern(locale_data(language)["dates"][precision], date, language)


def format_range(start: dt.date | None, end: dt.date | None, precision: str, language: str) -> str:
    """Format a range without repetition: 10–12 September 2024, 2024年9月10日至12日, 2023–2027."""
    if start is None or end is None or end == start:
        return format_date(start, precision, language)
    difference = "y" if start.year != end.year else "M" if start.month != end.month else "d"
    patterns = locale_data(language)["intervals"][precision]
    if difference not in patterns:  # the difference is not visible at this precision
        return format_date(start, precision, language)
    if language == "en":
        return _english_range(start, end, Precision(precision))
    first, last = patterns[difference]
    text = _fill_pattern(first, start, language) + _fill_pattern(last, end, language)
    return text if text.endswith(("日", "月", "年")) else text + "年"


def _english_range(start: dt.date, end: dt.date, precision: Precision) -> str:
    # CLDR abbreviates months in English intervals ("10–12 Sept 2024"). We write them in full.
    def fill(date: dt.date, pattern: str) -> str:
        return _fill_pattern(pattern, date, "en")

    if precision == Precision.YEAR:
        return f"{start.year}–{end.year}"
    day = "" if precision == Precision.MONTH else "d "
    last = fill(end, f"{day}MMMM y")
    if start.year != end.year:
        return f"{fill(start, f'{day}MMMM y')} – {last}"
    if start.month != end.month:
        return f"{fill(start, f'{day}MMMM')} – {last}"
    return f"{start.day}–{last}"


def last_day(date: dt.date | None, precision: str) -> dt.date | None:
    """Return the last day of the month or year, or the date itself: 2024-02 -> 29 February 2024."""
    if date is None or precision == Precision.DAY:
        return date
    month = 12 if precision == Precision.YEAR else date.month
    return date.replace(month=month, day=calendar.monthrange(date.year, month)[1])


def iso_date(date: dt.date | None, precision: str) -> str:
    """Format a date by ISO 8601 with the known precision: 2024-08-30, 2024-08, 2024."""
    if date is None:
        return ""
    return date.isoformat()[: {Precision.YEAR: 4, Precision.MONTH: 7}.get(Precision(precision), 10)]


def _fill_pattern(pattern: str, date: dt.date, language: str) -> str:
    fields = {"y": str(date.year), "M": str(date.month), "d": str(date.day)}
    text = DATE_FIELD.sub(
        lambda found: fields.get(found[0]) or locale_data(language)["months"][date.month - 1], pattern
    )
    # CLDR puts thin or no-break spaces in some patterns. Chinese dates are written without spaces.
    return text if language == "en" else "".join(text.split())
