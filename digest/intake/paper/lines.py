"""The lines of a paper, numbered and trimmed."""

import re
from dataclasses import dataclass

from digest.intake.language import is_han

_TABLE = re.compile(r"\|.*\||\t")
_ENDS = "。！？；：.!?;:…"
_CLOSING = "”’」』》）)]］\"'*"
_WRAPPED = 30  # characters; a shorter line was not cut


@dataclass(frozen=True)
class PaperLine:
    """A non-blank line. `number` counts from 1; `follows`: there is no blank line before it."""

    number: int
    text: str
    follows: bool

    @property
    def is_table(self) -> bool:
        return _TABLE.search(self.text) is not None

    @property
    def is_sentence(self) -> bool:
        """Whether it ends like a sentence."""
        return self.text.rstrip(_CLOSING)[-1:] in _ENDS


def read_lines(text: str) -> list[PaperLine]:
    lines, follows = [], False
    for number, raw in enumerate(text.split("\n"), 1):
        stripped = raw.strip()
        if stripped:
            lines.append(PaperLine(number, stripped, follows))
        follows = bool(stripped)
    return lines


def is_cut(text: str) -> bool:
    """Whether a line ends in mid-sentence, like lines of text copied from a page."""
    return len(text) >= _WRAPPED and text.rstrip(_CLOSING)[-1:] not in _ENDS


def join(one: str, other: str) -> str:
    """Join two lines of a paragraph: with a space between words, and without the hyphen of a divided word."""
    solid = one.endswith("-") or (is_han(one[-1]) and is_han(other[0])) or one[-1] in "，、；：（《“「"
    return f"{one}{other}" if solid else f"{one} {other}"
