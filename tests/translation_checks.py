"""Checks of translated texts."""

from typing import Any


def outdated(row: Any) -> list[str]:
    """Return the codes of languages whose written text was translated from a text that has changed since."""
    rows = {text.language: text for text in row.translations.filter(origin="written")}
    pairs = [(code, text, rows.get(text.translated_from)) for code, text in rows.items()]
    return [code for code, text, source in pairs if source and text.is_outdated(source)]


def missing(row: Any, field: str) -> list[str]:
    """Return which of Traditional Chinese and English have no written text in `field`."""
    have = {text.language for text in row.translations.filter(origin="written") if getattr(text, field)}
    return [code for code in ("zh-hant", "en") if code not in have]
