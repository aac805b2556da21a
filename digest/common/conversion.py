"""Conversion between Traditional and Simplified Chinese, with OpenCC and our own phrase lists.

A converted text is never converted back, because conversion is lossy (see docs/architecture.md), and text that is
already Simplified never goes through `to_hans`.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

_PHRASES = Path(__file__).parent / "phrases"


def to_hans(text: str) -> str:
    """Convert Traditional Chinese (Taiwan) to Simplified, with the technical terms used in mainland China."""
    return _converter("tw2s", "hant_to_hans.tsv")(text)


def to_hant(text: str) -> str:
    """Convert Simplified Chinese to Traditional as written in Taiwan, for sources in Simplified."""
    return _converter("s2tw", "hans_to_hant.tsv")(text)


# Available conversions by (from, to) language code.
CONVERSIONS: dict[tuple[str, str], Callable[[str], str]] = {
    ("zh-hant", "zh-hans"): to_hans,
    ("zh-hans", "zh-hant"): to_hant,
}


@cache
def _converter(config: str, file: str) -> Callable[[str], str]:
    from opencc import OpenCC  # loads dictionaries that only writing needs

    # The tofu-risk dictionaries produce rare characters (甘𫉄 for 甘藷) that few fonts have.
    opencc = OpenCC(config, include_tofu_risk_dictionaries=False)
    phrases = read_phrases(_PHRASES / file)
    pattern = re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))))

    def convert_rest(text: str) -> str:
        return "\0".join(opencc.convert(part) for part in text.split("\0"))  # OpenCC stops at a NUL

    def convert(text: str) -> str:
        parts, end = [], 0
        for match in pattern.finditer(text):
            parts += [convert_rest(text[end : match.start()]), phrases[match.group()]]
            end = match.end()
        return "".join([*parts, convert_rest(text[end:])])

    return convert


def read_phrases(path: Path) -> dict[str, str]:
    """Read a phrase list: two columns separated by a tab, and comment lines starting with `#`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))
