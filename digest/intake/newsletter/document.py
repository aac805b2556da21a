"""A parsed newsletter: its fields and their lines."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from digest.archive.models import Placement, Section
from digest.common.dates import Precision, iso_date
from digest.intake.document_warning import DocumentWarning, ImportReport


@dataclass(frozen=True)
class DateSpan:
    """A date, or a range of days; `end` is None for a single one."""

    start: dt.date
    end: dt.date | None = None
    precision: str = Precision.DAY


@dataclass(frozen=True)
class ParsedLink:
    """A link. `url` is None if only the label is left; `role` is a `Link.Role`, empty if unknown."""

    label: str
    url: str | None = None
    role: str = ""


@dataclass
class ParsedItem:
    """An item as it is in one issue."""

    section: str
    title: str
    line: int
    role: str = Placement.Role.NEW
    focus: bool = False
    look_back_issue: str | None = None
    span: DateSpan | None = None
    source: str = ""
    place: str = ""
    attendance: str = ""
    summary: str = ""
    links: list[ParsedLink] = field(default_factory=list)
    see_also: list[ParsedLink] = field(default_factory=list)
    poster: str = ""

    def as_json(self) -> dict[str, object]:
        """The item for `--json`; dates in ISO 8601 with their precision."""
        span = self.span
        return {
            "section": self.section,
            "title": self.title,
            "summary": self.summary,
            "date": iso_date(span.start, span.precision) if span else None,
            "date_end": iso_date(span.end, span.precision) if span and span.end else None,
            "source": self.source or None,
            "focus": self.focus,
            "promoted": self.role == Placement.Role.PROMOTED,
            "look_back": self.role == Placement.Role.LOOK_BACK,
            "look_back_issue": self.look_back_issue,
            "place": self.place or None,
            "attendance": self.attendance or None,
            "poster": self.poster or None,
            "links": [{"role": link.role, "label": link.label, "url": link.url} for link in self.links],
            "see_also": [link.label for link in self.see_also],
            "line": self.line,
        }


@dataclass
class Document:
    """A parsed newsletter. What was not recognised is in `remainder` and `warnings`, with its lines."""

    language: str
    number: str = ""
    asked_number: str = ""  # the number given by the person who imports
    second_line: int | None = None  # the line at which another newsletter begins
    date: dt.date | None = None
    title: str = ""
    programme_note: str = ""
    intro: str = ""
    themes: list[str] = field(default_factory=list)
    look_back_theme: str = ""
    sections: set[str] = field(default_factory=set)
    entries: list[ParsedItem] = field(default_factory=list)
    report: ImportReport = field(default_factory=ImportReport)  # of the parser

    @property
    def is_newsletter(self) -> bool:
        """Whether an issue number in a masthead or the name of a section was found."""
        return bool(self.number or self.sections)

    @property
    def warnings(self) -> list[DocumentWarning]:
        return self.report.warnings

    @property
    def remainder(self) -> list[DocumentWarning]:
        return self.report.remainder

    def warn(self, line: int | None, text: str) -> None:
        self.report.warn(line, text)

    def keep_unparsed(self, line: int, text: str, reason: str) -> None:
        self.report.keep_unparsed(line, text, reason)

    def remainder_text(self) -> str:
        return self.report.remainder_text()

    def counts(self) -> dict[str, dict[str, int]]:
        """Counts for each section: new, focus, look_back; for events also promoted."""
        roles = Counter((entry.section, str(entry.role)) for entry in self.entries)
        focus = Counter(entry.section for entry in self.entries if entry.focus)
        table: dict[str, dict[str, int]] = {}
        for section in Section.values:
            new, back = roles[section, Placement.Role.NEW], roles[section, Placement.Role.LOOK_BACK]
            table[section] = {"new": new, "focus": focus[section], "look_back": back}
        table[Section.EVENT]["promoted"] = roles[Section.EVENT, Placement.Role.PROMOTED]
        return table
