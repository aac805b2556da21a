"""What the portal needs of CLDR: patterns of dates, names of months, names of countries and regions.

It is taken out of Babel once, into cldr.json (`python -m digest.common.cldr`): Babel itself would load all that CLDR
says of each language, ten megabytes in every worker, for these few facts.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import TypedDict

from digest.common.languages import LANGUAGES

FIELD = re.compile("MMMM|M|d|y")  # of CLDR's date patterns (UTS 35, part 4), those that ours have
_FILE = Path(__file__).with_name("cldr.json")
# Our precisions by CLDR's skeletons: of a date, and of an interval.
_SKELETONS = {"day": ("yMMMMd", "yMMMd"), "month": ("yMMMM", "yMMMM"), "year": ("y", "y")}


class Facts(TypedDict):
    """One language's. Patterns by precision (`day`, `month`, `year`); intervals also by the greatest difference."""

    dates: dict[str, str]
    intervals: dict[str, dict[str, list[str]]]  # the pattern of the first date, and of the last
    months: list[str]
    places: dict[str, str]  # by ISO 3166-1 or UN M49 code


@cache
def facts(language: str) -> Facts:
    """CLDR's facts for a language of ours."""
    found: dict[str, Facts] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found[language]


def from_babel(language: str) -> Facts:
    """The same out of Babel's data, which is CLDR's whole."""
    from babel import Locale  # only where the file is made or tested

    locale = Locale.parse(LANGUAGES[language].cldr)
    patterns = {skeleton: str(pattern) for skeleton, pattern in locale.datetime_skeletons.items()}
    patterns["yMMMMd"] = locale.date_formats["long"].pattern
    found: Facts = {
        "dates": {precision: patterns[date] for precision, (date, _interval) in _SKELETONS.items()},
        "intervals": {
            precision: {difference: locale.interval_formats[interval][difference] for difference in "yMd"[: 3 - lost]}
            for lost, (precision, (_date, interval)) in enumerate(_SKELETONS.items())
        },
        "months": list(locale.months["format"]["wide"].values()),
        "places": {str(code): name for code, name in sorted(locale.territories.items())},
    }
    if odd := [pattern for pattern in found["dates"].values() if re.search("[a-zA-Z']", FIELD.sub("", pattern))]:
        raise ValueError(f"fields that dates.py does not fill: {odd}")
    return found


if __name__ == "__main__":
    _FILE.write_text(
        json.dumps({code: from_babel(code) for code in LANGUAGES}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
