"""Data from CLDR: date patterns, month names, and names of countries and regions.

The data is copied from Babel to cldr.json (`python -m digest.common.cldr`). Babel itself would load all data of each
language: ten megabytes in every worker.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import TypedDict

from digest.common.languages import LANGUAGES

DATE_FIELD = re.compile("MMMM|M|d|y")  # the fields of CLDR date patterns (UTS 35, part 4) that we use
_FILE = Path(__file__).with_name("cldr.json")
# CLDR skeletons of dates and of intervals, by precision.
_SKELETONS = {"day": ("yMMMMd", "yMMMd"), "month": ("yMMMM", "yMMMM"), "year": ("y", "y")}


class LocaleData(TypedDict):
    """Data of one language. Patterns are by precision, those of intervals also by greatest difference."""

    dates: dict[str, str]
    intervals: dict[str, dict[str, list[str]]]  # patterns of the first and of the last date
    months: list[str]
    places: dict[str, str]  # by ISO 3166-1 or UN M49 code


@cache
def locale_data(language: str) -> LocaleData:
    """Return the data of one of our languages."""
    found: dict[str, LocaleData] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found[language]


def read_from_babel(language: str) -> LocaleData:
    """Return the same data from Babel."""
    from babel import Locale  # only needed to create and test the file

    locale = Locale.parse(LANGUAGES[language].cldr)
    patterns = {skeleton: str(pattern) for skeleton, pattern in locale.datetime_skeletons.items()}
    patterns["yMMMMd"] = locale.date_formats["long"].pattern
    found: LocaleData = {
        "dates": {precision: patterns[date] for precision, (date, _interval) in _SKELETONS.items()},
        "intervals": {
            precision: {difference: locale.interval_formats[interval][difference] for difference in "yMd"[: 3 - index]}
            for index, (precision, (_date, interval)) in enumerate(_SKELETONS.items())
        },
        "months": list(locale.months["format"]["wide"].values()),
        "places": {str(code): name for code, name in sorted(locale.territories.items())},
    }
    if unknown := [
        pattern for pattern in found["dates"].values() if re.search("[a-zA-Z']", DATE_FIELD.sub("", pattern))
    ]:
        raise ValueError(f"Fields that dates.py does not fill: {unknown}")
    return found


if __name__ == "__main__":
    _FILE.write_text(
        json.dumps({code: read_from_babel(code) for code in LANGUAGES}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
