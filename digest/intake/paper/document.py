"""A parsed paper: its parts and their lines."""

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum

from digest.common.dates import Precision
from digest.intake.document_warning import DocumentWarning


class BlockKind(Enum):
    """The kinds of blocks of a body. A note is front or back matter without a field, such as funding."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    TABLE = "table"
    FIGURE = "figure"
    NOTE = "note"


@dataclass(frozen=True)
class CitationMark:
    """A citation in a text: its numbers and, for a single number, the page; `start` and `end` are its position."""

    start: int
    end: int
    numbers: tuple[int, ...]
    locator: str = ""


@dataclass
class PaperBlock:
    """A block of the body in reading order. `number` is a heading's (`2.1`, `一`, or empty) or a figure's."""

    kind: BlockKind
    line: int
    text: str
    level: int = 0  # of headings: 1 for a section, 2 for a sub-section ...
    number: str = ""
    title: str = ""  # of headings: the text without its number
    marks: list[CitationMark] = field(default_factory=list)


@dataclass
class ParsedFigure:
    """A figure's captions by language, and the line of the first."""

    line: int
    captions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PublicationDate:
    """A date of publication as far as it is given."""

    date: dt.date
    precision: str = Precision.DAY


@dataclass
class Paper:
    """A parsed paper; what is missing is empty."""

    language: str = "zh-hant"  # of the body
    titles: dict[str, str] = field(default_factory=dict)
    authors: list[str] = field(default_factory=list)
    doi: str = ""
    source: str = ""
    when: PublicationDate | None = None
    abstracts: dict[str, list[PaperBlock]] = field(default_factory=dict)
    blocks: list[PaperBlock] = field(default_factory=list)
    figures: dict[int, ParsedFigure] = field(default_factory=dict)
    references: dict[int, str] = field(default_factory=dict)
    warnings: list[DocumentWarning] = field(default_factory=list)

    def warn(self, line: int | None, text: str) -> None:
        self.warnings.append(DocumentWarning(line, text))

    @property
    def texts(self) -> list[PaperBlock]:
        """Every block that may contain citations, in reading order."""
        return [*(block for blocks in self.abstracts.values() for block in blocks), *self.blocks]

    @property
    def headings(self) -> list[PaperBlock]:
        return [block for block in self.blocks if block.kind is BlockKind.HEADING]

    @property
    def is_paper(self) -> bool:
        """Whether an abstract or at least two headings were found."""
        return bool(self.abstracts) or len(self.headings) >= 2

    @property
    def cited(self) -> list[int]:
        """The numbers of all citation marks, in reading order."""
        return [number for block in self.texts for mark in block.marks for number in mark.numbers]

    @property
    def missing(self) -> list[str]:
        """What the document lacks, as keys for programs."""
        lacks = {
            "title": not self.titles,
            "authors": not self.authors,
            "references": not any(self.references.values()),
        }
        slots = [n for n, text in sorted(self.references.items()) if not text] if not lacks["references"] else []
        return [
            *(name for name, is_lacking in lacks.items() if is_lacking),
            *(f"reference {number}" for number in slots),
            *(f"figure {number}" for number in sorted(self.figures)),  # a text file contains no images
            *(name for name, value in (("date", self.when), ("source", self.source)) if not value),
        ]
