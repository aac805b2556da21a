"""Parses the list of references: numbered, over several lines, or without numbers."""

from django.utils.translation import gettext as _

from digest.intake.paper.document import Paper
from digest.intake.paper.lines import PaperLine, is_cut, join
from digest.intake.paper.patterns import MAX_NUMBER, reference_entry


class References:
    """Fills `Paper.references` while the list is open."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.is_open = False
        self._last = 0
        self._is_numbered: bool | None = None  # unknown before the first reference
        self._before = ""
        self._heading: PaperLine | None = None

    def may_open(self, rest: str) -> bool:
        """Whether a label opens the list: nothing follows it, or the first reference."""
        return not rest or reference_entry(rest) is not None

    def open(self, line: PaperLine, rest: str) -> None:
        self.is_open = True
        self._heading = line
        if rest:
            self.take(PaperLine(line.number, rest, False))

    def close(self) -> None:
        self.is_open = False

    def take(self, line: PaperLine) -> bool:
        """Add a line of the list; False for a line after the list."""
        entry = reference_entry(line.text)
        if entry is not None and self._is_next(entry[0], line):
            self._is_numbered = True
            self._add(entry[0], entry[1], line)
        elif self._last and line.follows and (self._is_numbered or is_cut(self._before)):
            text = self.paper.references[self._last]
            self.paper.references[self._last] = join(text, line.text) if text else line.text
        elif not self._is_numbered and self._last < MAX_NUMBER:
            self._is_numbered = False
            self._add(self._last + 1, line.text, line)
        else:
            return False
        self._before = line.text
        return True

    def _is_next(self, number: int, line: PaperLine) -> bool:
        if self._is_numbered is False:
            return False
        # "45. Beijing: ..." may continue a reference; "[45]" does not.
        return line.text[0] in "[［〔【" or not self._last or number == self._last + 1

    def _add(self, number: int, text: str, line: PaperLine) -> None:
        self._last = number
        known = self.paper.references.get(number)
        if known:
            self.paper.warn(line.number, _("Reference %(number)s appears again here.") % {"number": number})
        self.paper.references[number] = f"{known}\n{text}" if known else text
