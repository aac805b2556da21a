"""Functions on short texts: names, URLs and email addresses."""

import re
import unicodedata

_WEB_URL = re.compile(r"https?://[^\s\x00-\x1f]+", re.IGNORECASE)
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_WORD = re.compile(r"[^\s<>,;:\"()]+")


def name_key(name: str) -> str:
    """Return a name normalised for comparison: without differences of width, case, spacing and punctuation."""
    normalised = unicodedata.normalize("NFKC", name).lower()
    return "".join(character for character in normalised if character.isalnum())


def is_web_url(url: str) -> bool:
    """Return whether a URL is http or https, and so safe to link to."""
    return _WEB_URL.fullmatch(url) is not None


def redact_emails(text: str) -> str:
    """Replace email addresses, so that none is kept after a subscriber is erased, and control characters.

    Databases reject some control characters.
    """
    text = _CONTROL_CHARACTERS.sub(" ", text)
    # One word at a time: a pattern that contains the @ would take quadratic time on a long word.
    return _WORD.sub(lambda word: "…" if "@" in word[0].strip("@") else word[0], text)
