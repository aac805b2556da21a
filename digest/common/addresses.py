"""Addresses that a link may lead to, and mail addresses that must not stay in a text."""

import re

_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f]+", re.IGNORECASE)
_WORD = re.compile(r"[^\s<>,;:\"()]+")


def is_web_address(url: str) -> bool:
    """Whether this is http or https: whatever was typed or imported, a page links to no script and no data."""
    return _WEB_ADDRESS.fullmatch(url) is not None


def without_addresses(text: str) -> str:
    """Without mail addresses, which must not outlast an erased subscriber, and without what databases refuse."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", text)
    # Word by word: a pattern with the @ in it would take the square of a long word's length.
    return _WORD.sub(lambda word: "…" if "@" in word[0].strip("@") else word[0], text)
