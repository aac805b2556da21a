"""The parser: each non-blank line is assigned to a field, or kept as not recognised with its number."""

from django.utils.translation import gettext as _

from digest.archive.issue_numbers import parse_number
from digest.archive.models import Placement
from digest.intake.newsletter.document import Document
from digest.intake.newsletter.items import Items
from digest.intake.newsletter.language import detect
from digest.intake.newsletter.lines import ParsedLine, is_prose, read_lines
from digest.intake.newsletter.links import as_markdown, as_text
from digest.intake.newsletter.masthead import Masthead, is_bar, is_programme_note, read_imprint
from digest.intake.newsletter.vocabulary import LookBackHeading, look_back_heading, section_named

MAX_THEME = 200  # maximum length of `IssueTranslation.look_back_theme`


def parse(text: str, number: str = "") -> Document:
    """Parse a newsletter. Accepts any text; what is not recognised is in `remainder` and `warnings`.

    `number` is the issue number if the text does not contain it; the importer compares the two.
    """
    return _Parser(text, number).run()


class _Parser:
    def __init__(self, text: str, number: str) -> None:
        self.number = number
        self.lines = read_lines(text)
        self.document = Document(detect(text))
        self.masthead = Masthead(self.document)
        self.items = Items(self.document)

    def run(self) -> Document:
        taken = read_imprint(self.lines, self.document)
        self.document.asked_number = self.number
        self.document.number = self.document.number or self.number
        for line in self.lines:
            if line.number not in taken and not line.is_rule:
                self._take(line)
        self.masthead.close()
        self.items.close()
        self._check_look_backs()
        self.document.warnings.sort(key=lambda warning: warning.line or 0)
        return self.document

    def _take(self, line: ParsedLine) -> None:
        heading = as_text(line.tokens).strip("*_# ")
        if section := section_named(line.plain) or section_named(heading):
            self.items.open(section, looking_back=False)
        elif back := self._look_back(line):
            self._open_look_backs(line, back)
        elif is_bar(line):
            self.masthead.take_bar()
        elif self._is_note(line):
            note = as_markdown(line.tokens)
            self.document.programme_note = "\n\n".join(filter(None, [self.document.programme_note, note]))
        elif self.items.take_further_reading(line):
            pass
        elif self.items.section:
            self.items.take(line)
        else:
            self.masthead.take(line)

    def _look_back(self, line: ParsedLine) -> LookBackHeading | None:
        return None if line.has_bar or is_prose(line.plain) else look_back_heading(line.plain)

    def _open_look_backs(self, line: ParsedLine, heading: LookBackHeading) -> None:
        section = heading.section or self.items.section
        if not section:
            self.document.keep_unparsed(line.number, line.text, _("Not recognised:"))
            return
        self.items.open(section, looking_back=True)
        known = self.document.look_back_theme
        if not known and len(heading.theme) <= MAX_THEME:
            self.document.look_back_theme = heading.theme
        elif heading.theme and heading.theme != known:
            self.document.keep_unparsed(line.number, heading.theme, _("Another theme of look-backs:"))

    def _is_note(self, line: ParsedLine) -> bool:
        if self.items.section and (self.items.pending or self.document.programme_note):
            return False
        return is_programme_note(line)

    def _check_look_backs(self) -> None:
        for entry in self.document.entries:
            if entry.role != Placement.Role.LOOK_BACK:
                continue
            number = entry.look_back_issue
            if number is None:
                self.document.warn(entry.line, _("Look-back without an issue number: %s") % entry.title)
            elif self.document.number and parse_number(number) >= parse_number(self.document.number):
                self.document.keep_unparsed(entry.line, number, _("A look-back can only refer to an earlier issue:"))
                entry.look_back_issue = None
