"""The lines of a paper as they are printed: numbered, trimmed, with what stands before them."""

import re
from dataclasses import dataclass

from digest.intake.language import is_han

_TABLE = re.compile(r"\|.*\||\t")
_ENDS = "。！？；：.!?;:…"
_CLOSING = "”’」』》）)]］\"'*"
_WRAPPED = 30  # characters: a shorter line ends where it does on purpose


@dataclass(frozen=True)
class PaperLine:
    """A non-blank line. `number` counts from 1; `follows` says that no blank line stands before it."""

    number: int
    text: str
    follows: bool

    @property
    def is_table(self) -> bool:
        return _TABLE.search(self.text) is not None

    @property
    def is_sentence(self) -> bool:
        """Whether it ends as a sentence does."""
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
    """Whether a line breaks off in the middle of a sentence, as the lines of a page's copied text do."""
    return len(text) >= _WRAPPED and text.rstrip(_CLOSING)[-1:] not in _ENDS


def join(one: str, other: str) -> str:
    """Two lines of one paragraph: Chinese runs on, words keep their space, a hyphenated word closes up."""
    solid = one.endswith("-") or (is_han(one[-1]) and is_han(other[0])) or one[-1] in "，、；：（《“「"
    return f"{one}{other}" if solid else f"{one} {other}"
