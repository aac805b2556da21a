"""Which of the three languages a piece of a paper is written in."""

from functools import cache

from digest.common.conversion import to_hans, to_hant

_ENOUGH = 3  # characters of one script more than of the other: fewer are no evidence


def language_of(text: str, default: str = "zh-hant") -> str:
    """`zh-hant`, `zh-hans` or `en`. `default` is the Chinese script to take where the text itself does not tell."""
    han = sum(1 for c in text if is_han(c))
    latin = sum(1 for c in text if c.isascii() and c.isalpha())
    if han * 4 < latin or (han == 0 and latin == 0 and default == "en"):
        return "en"
    lead = sum(_leaning(c) for c in text if is_han(c))
    if abs(lead) < _ENOUGH and default != "en":
        return default
    return "zh-hant" if lead >= 0 else "zh-hans"


def is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


@cache
def _leaning(character: str) -> int:
    """1 for a character that only Traditional has, -1 for one that only Simplified has, 0 for one of both."""
    return (to_hans(character) != character) - (to_hant(character) != character)
