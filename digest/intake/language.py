"""The language of a part of a paper."""

from functools import cache

from digest.common.conversion import to_hans, to_hant

_ENOUGH = 3  # characters by which one script must exceed the other


def language_of(text: str, default: str = "zh-hant") -> str:
    """`zh-hant`, `zh-hans` or `en`. `default` is the Chinese script of texts that do not show it."""
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
    """1 for a character that exists only in Traditional, -1 for one only in Simplified, 0 for others."""
    return (to_hans(character) != character) - (to_hant(character) != character)
