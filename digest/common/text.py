"""Comparing texts."""

import unicodedata


def name_key(name: str) -> str:
    """Return a name normalised for comparison: without differences of width, case, spacing and punctuation."""
    normalised = unicodedata.normalize("NFKC", name).lower()
    return "".join(character for character in normalised if character.isalnum())
