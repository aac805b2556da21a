"""Chinese scripts: Traditional to Simplified, for Simplified sources the other way; OpenCC and our own phrases.

One way only: a converted text is never converted back (the trip is lossy, see docs/architecture.md), and text that
is Simplified already never goes through `to_hans`.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

_PHRASES = Path(__file__).parent / "phrases"


def to_hans(text: str) -> str:
    """Traditional Chinese (Taiwan) in Simplified, with mainland words for the field's terms."""
    return _converter("tw2s", "hant_to_hans.tsv")(text)


def to_hant(text: str) -> str:
    """Simplified Chinese in Traditional as Taiwan writes it; for sources that are Simplified."""
    return _converter("s2tw", "hans_to_hant.tsv")(text)


# (from, to): the conversions there are, by language code. What is not here is translated by people.
CONVERSIONS: dict[tuple[str, str], Callable[[str], str]] = {
    ("zh-hant", "zh-hans"): to_hans,
    ("zh-hans", "zh-hant"): to_hant,
}


@cache
def _converter(config: str, file: str) -> Callable[[str], str]:
    from opencc import OpenCC  # its dictionaries are for whoever writes, not for readers

    # Tofu-risk dictionaries give rare glyphs (甘𫉄 for 甘藷) that few fonts have.
    opencc = OpenCC(config, include_tofu_risk_dictionaries=False)
    phrases = read_phrases(_PHRASES / file)
    pattern = re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))))

    def characters(text: str) -> str:
        return "\0".join(opencc.convert(part) for part in text.split("\0"))  # a NUL would end it there

    def convert(text: str) -> str:
        pieces, end = [], 0
        for match in pattern.finditer(text):
            pieces += [characters(text[end : match.start()]), phrases[match.group()]]
            end = match.end()
        return "".join([*pieces, characters(text[end:])])

    return convert


def read_phrases(path: Path) -> dict[str, str]:
    """The pairs of a phrase list: a tab between, `#` begins a comment line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))
