"""Escaping of CSV cells against formula injection, reversible when the file is imported again."""

import re

# The start of a formula (some spreadsheets accept full-width signs), also after quotes, spaces and line breaks.
_FORMULA = re.compile(r"[\s'\"\x00]*[=+\-@＝＋－＠\t\r\n\x00]")


def escape_formula(text: str) -> str:
    """Prefix text that might be a formula with an apostrophe; `unescape_formula` removes it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula`. Any other text, including text with its own apostrophe, is unchanged."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
