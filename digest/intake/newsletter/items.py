"""Parses the sections: titles and bodies, look-backs, promoted events, further reading."""

import re
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from digest.archive.models import Link, Placement, Section
from digest.intake.newsletter.body import Body, is_body, is_unclosed, read_body, report, segments_of
from digest.intake.newsletter.dates import looks_like_date
from digest.intake.newsletter.document import Document, ParsedItem, ParsedLink
from digest.intake.newsletter.lines import Marks, ParsedLine, is_prose, join, read_marks, strip_count
from digest.intake.newsletter.links import (
    as_text,
    has_word,
    is_address,
    links_in,
    only_links,
    split_off_links,
    tokenize,
)
from digest.intake.newsletter.promoted import (
    MAX_TITLE,
    attendance_of,
    is_promoting,
    quoted_title,
    read_promoted,
)

MAX_TOPIC = 90  # characters of a collection's name
_MOST_TROUBLES = 3
_TEXT = 20  # characters after the last bar that make it a summary and not a source
_SEE_ALSO = re.compile(
    r"^[【\[]?(?:延伸閱讀|延伸閲讀|延伸阅读|further reading|see also|related reading)[】\]]?\s{0,3}[:：]?\s{0,3}",
    re.IGNORECASE,
)


@dataclass
class Heading:
    """A line that is, or may be, an item's title."""

    line: ParsedLine
    title: str
    marks: Marks
    links: list[ParsedLink] = field(default_factory=list)


@dataclass
class Draft:
    """An item whose body may continue in the next line."""

    heading: Heading
    parts: list[str]
    last: ParsedLine
    first: int  # number of the body's first line

    @property
    def text(self) -> str:
        return "".join(self.parts)


class Items:
    """Parses the lines of the sections one by one, and adds items to the document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.section = ""
        self.looking_back = False
        self.pending: list[Heading] = []
        self.draft: Draft | None = None
        self.latest: ParsedItem | None = None
        self.counted = 0

    def open(self, section: str, looking_back: bool) -> None:
        self.close()
        self.section, self.looking_back, self.latest, self.counted = section, looking_back, None, 0
        self.document.sections.add(section)

    def close(self) -> None:
        self._finish()
        self._add_pending(self.pending)
        self.pending = []

    def take(self, line: ParsedLine) -> None:
        text, self.counted = strip_count(line.plain, self.counted)
        marks = read_marks(text, self.looking_back)
        if marks.any:
            self._take_marked(line, marks)
        elif self._goes_on(line):
            self._append(join("", line.text), line)
        elif self._is_promoting(line):
            self._finish()
            entry = read_promoted(line, [h.line for h in self.pending], self.document)
            self.pending = []
            self._add(entry)
        elif is_body(line, after_title=bool(self.pending)) and not self._is_poster_line(line):
            self._take_body(line)
        else:
            self._take_plain(line, marks)

    def take_further_reading(self, line: ParsedLine) -> bool:
        """Link the item above to the topics named in this line; False for other lines."""
        match = _SEE_ALSO.match(line.plain)
        if not match:
            return False
        self.close()
        tokens = tokenize(line.plain[match.end() :])
        topics = [ParsedLink(link.label, link.url) for link in links_in(tokens)]
        words = "、".join(token for token in tokens if isinstance(token, str))
        topics += [
            ParsedLink(name) for part in re.split(r"[、，,；;|]", words) if has_word(name := part.strip(" 。.()（）"))
        ]
        for topic in topics:
            if topic.url and not is_address(topic.url):
                self.document.keep_unparsed(line.number, topic.url, _("Not a recognised date or web address:"))
                topic = replace(topic, url=None)
            if self.latest is None or len(topic.label) > MAX_TOPIC:
                text = f"{topic.label} {topic.url or ''}".strip()
                self.document.keep_unparsed(line.number, text, _("Further reading not linked to any item:"))
            else:
                self.latest.see_also.append(topic)
        if not topics:
            self.document.keep_unparsed(line.number, line.text, _("Not recognised:"))
        return True

    # --- the three kinds of lines ---------------------------------------------------------------------------------

    def _take_marked(self, line: ParsedLine, marks: Marks) -> None:
        self.close()
        named = marks.title.lstrip("|｜ ")
        title, _bar, rest = named.partition("|") if "|" in named else named.partition("｜")
        if rest and any(only_links(s) or looks_like_date(as_text(s)) for s in segments_of(rest)):
            self.draft = Draft(self._heading(line, title.strip(), marks), [rest], line, line.number)
            return
        self.pending = [self._heading(line, named, marks)]

    def _take_body(self, line: ParsedLine) -> None:
        heading = self._heading_above(line)
        if heading is not None:
            self._finish()
            self.draft = Draft(heading, [line.text], line, line.number)
            return
        segments = segments_of(line.text)
        if self.draft and (only_links(line.tokens) or self._lacks_summary()):
            self._append(" | " + line.text, line)
        elif len(segments) > 2 and looks_like_date(as_text(segments[1])) and not links_in(segments[0]):
            self._finish()
            title, rest = re.split(r"[|｜]", line.plain.lstrip("|｜ "), maxsplit=1)
            self.draft = Draft(self._heading(line, title.strip(), Marks(title.strip())), [rest], line, line.number)
        elif not (line.has_bar or only_links(line.tokens) or is_prose(line.plain)):
            self.pending.append(self._heading(line, line.plain, Marks(line.plain)))
        else:
            self._finish()
            self.document.keep_unparsed(line.number, line.text, _("No title above this line:"))

    def _take_plain(self, line: ParsedLine, marks: Marks) -> None:
        if not has_word(line.text):
            self.document.keep_unparsed(line.number, line.text, _("Not recognised:"))
        elif self.pending and not self.pending[-1].title:
            last = self.pending[-1]
            named = self._heading(line, marks.title, last.marks)
            self.pending[-1] = replace(named, links=last.links + named.links)
        elif self.draft and not self.pending and is_prose(line.plain) and self._lacks_summary():
            self._append(" | " + line.text, line)
        else:
            self.pending.append(self._heading(line, marks.title, marks))

    def _heading(self, line: ParsedLine, text: str, marks: Marks) -> Heading:
        rest, lifted = split_off_links(tokenize(text))
        role = Link.Role.WEBSITE if self.section in (Section.DATA, Section.EVENT) else Link.Role.ORIGINAL
        inside = [replace(link, label="", role=link.role or role) for link in links_in(rest) if link.url]
        return Heading(line, as_text(rest).replace("**", "").strip(), marks, lifted + inside)

    def _goes_on(self, line: ParsedLine) -> bool:
        """Whether this line continues a body or link that the line above began."""
        draft = self.draft
        if not draft or self.pending or not line.adjacent or draft.last.number != line.number - 1:
            return False
        if is_unclosed(draft.last.text):
            return True
        last = segments_of(draft.last.text)[-1:]
        if not last or draft.last.is_closed or only_links(last[0]):
            return False
        ends_body = not line.has_bar and any(link.role for link in split_off_links(line.tokens)[1])
        return ends_body or len(as_text(last[0])) >= _TEXT or draft.last.text.endswith(("，", "、", "；", ",", ";"))

    def _append(self, text: str, line: ParsedLine) -> None:
        if self.draft:
            self.draft.parts.append(
                text if not self.draft.parts or text[0] == " " else _join_lines(self.draft.last, text)
            )
            self.draft.last = line

    def _is_promoting(self, line: ParsedLine) -> bool:
        if self.section != Section.EVENT or not is_promoting(line):
            return False
        return bool(quoted_title(line.text)) or len(self.pending) > 1

    def _is_poster_line(self, line: ParsedLine) -> bool:
        return self.section == Section.EVENT and len(self.pending) > 1 and not links_in(line.tokens)

    # --- titles ---------------------------------------------------------------------------------------------------

    def _heading_above(self, line: ParsedLine) -> Heading | None:
        """Take the title of this body from the pending lines, and process those before it."""
        if not self.pending:
            return None
        start = len(self.pending) - 1
        while start and self._is_cut_before(start, line):
            start -= 1
        before, titles = self.pending[:start], self.pending[start:]
        self.pending = []
        if before:
            self._finish()
        self._add_pending(before)
        heading = titles[0]
        for more in titles[1:]:
            heading = replace(heading, title=join(heading.title, more.title), links=heading.links + more.links)
        return heading

    def _is_cut_before(self, at: int, body: ParsedLine) -> bool:
        """Whether the pending line is the second half of a title that a line end cut."""
        this, above = self.pending[at], self.pending[at - 1]
        if this.marks.any or not this.line.adjacent or is_prose(above.title):
            return False
        return above.marks.any or not body.adjacent

    def _add_pending(self, headings: list[Heading]) -> None:
        """Process lines without a body: a title with a paragraph is an item; others are not recognised."""
        at = 0
        while at < len(headings):
            heading = headings[at]
            below = headings[at + 1] if at + 1 < len(headings) else None
            has_text = below is not None and not below.marks.any and is_prose(below.line.plain)
            is_title = heading.marks.any or (
                has_text and not is_prose(heading.title) and self.section != Section.EVENT
            )
            at += 1
            if not is_title or not has_word(heading.title):
                self.document.keep_unparsed(heading.line.number, heading.line.text, _("Not recognised:"))
                continue
            if has_text and below is not None:
                at += 1
                self._build(heading, f"|{below.line.text}", below.line.number)
            else:
                self._build(heading, "", heading.line.number)
                self.document.warn(heading.line.number, _("Nothing under this title: %s") % heading.title)

    # --- entries --------------------------------------------------------------------------------------------------

    def _body_so_far(self) -> Body:
        text = self.draft.text if self.draft else ""
        return read_body(text, self.section == Section.EVENT, self.document.date)

    def _lacks_summary(self) -> bool:
        """Whether the body may continue in the next line."""
        body = self._body_so_far()
        return not body.summary and len(body.errors) < _MOST_TROUBLES

    def _finish(self) -> None:
        if self.draft:
            self._build(self.draft.heading, self.draft.text, self.draft.first)
            self.draft = None

    def _build(self, heading: Heading, text: str, at: int) -> None:
        if not has_word(heading.title):  # a mark without a title
            self.document.keep_unparsed(heading.line.number, heading.line.text, _("Not recognised:"))
            self.document.keep_unparsed(at, text, _("No title above this line:"))
            return
        is_event = self.section == Section.EVENT
        body = read_body(text, is_event, self.document.date)
        for link in heading.links:
            body.keep(link)
        is_back = self.looking_back or heading.marks.issue is not None
        number = heading.line.number
        report(body, at, self.document)
        entry = ParsedItem(
            section=self.section,
            title=heading.title,
            line=number,
            role=Placement.Role.LOOK_BACK if is_back else Placement.Role.NEW,
            focus=heading.marks.focus and not is_back,
            look_back_issue=heading.marks.issue,
            span=body.span,
            source=body.source,
            place=body.place,
            attendance=attendance_of(body.place) if is_event else "",
            summary=body.summary,
            links=body.links,
        )
        if len(entry.title) > MAX_TITLE:
            self.document.keep_unparsed(number, entry.title, _("Title truncated:"))
            entry.title = entry.title[: MAX_TITLE - 1] + "…"
        self._add(entry)

    def _add(self, entry: ParsedItem) -> None:
        self.document.entries.append(entry)
        self.latest = entry


def _join_lines(last: ParsedLine, text: str) -> str:
    """The two parts of a cut line, with a space between Latin words."""
    return (" " if last.text[-1:].isascii() and text[:1].isascii() and not is_unclosed(last.text) else "") + text
