"""Cells of CSV files: nothing that a spreadsheet would take for a formula, and the same text when read again."""

import re

# What begins a formula (full-width signs too, in some spreadsheets), also behind quotes, spaces and line ends.
_FORMULA = re.compile(r"[\s'\"\x00]*[=+\-@＝＋－＠\t\r\n\x00]")


def escape_formula(text: str) -> str:
    """With an apostrophe before what might be a formula; `unquoted` takes it away."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """What was `quoted`; other text, an apostrophe of its own included, stays as it is."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
