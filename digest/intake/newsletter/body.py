"""Parses the line below a title: `date | source | [label](URL) | summary ([label](URL))`."""

import datetime as dt
import re
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from digest.archive.models import Link
from digest.common.dates import Precision
from digest.common.text import name_key
from digest.intake.newsletter.dates import (
    begins_with_date,
    find_date,
    fold,
    has_year,
    is_bare_number,
    looks_like_date,
    read_date,
)
from digest.intake.newsletter.document import DateSpan, Document, ParsedLink
from digest.intake.newsletter.lines import ParsedLine, is_prose
from digest.intake.newsletter.links import (
    Token,
    as_markdown,
    as_text,
    has_word,
    is_address,
    links_in,
    only_links,
    read_labelled,
    split_off_links,
    tokenize,
)

MAX_SOURCE = 200  # characters, as `SourceTranslation.name` and `SourceName.key` hold
MAX_PLACE = 300
_BAR_OR_TAB = re.compile("[|｜│\t]")
_NAMED = re.compile(
    r"^(?:日期|時間|时间|來源|来源|出處|出处|地點|地点|date|source|venue|place)\s{0,2}[:：]\s{0,2}", re.IGNORECASE
)


@dataclass
class Body:
    """The fields of such a line. `errors` are parts that look like a field but could not be parsed."""

    span: DateSpan | None = None
    source: str = ""
    place: str = ""
    summary: str = ""
    links: list[ParsedLink] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # unknown labels
    guessed: str = ""  # a date without a year
    _kept: set[ParsedLink] = field(default_factory=set, init=False, repr=False)

    def keep(self, link: ParsedLink) -> None:
        """Add a link once. An unknown label makes it a website; an invalid URL is left out."""
        if not link.role:
            self.unknown.append(link.label)
            link = replace(link, role=Link.Role.WEBSITE)
        if link.url and not is_address(link.url):
            self.errors.append(f"{link.label}: {link.url}")
            link = replace(link, url=None)
        if link not in self._kept:
            self._kept.add(link)
            self.links.append(link)


def segments_of(text: str) -> list[list[Token]]:
    """The parts between bars that are not inside a link, without empty ones."""
    segments: list[list[Token]] = [[]]
    for token in tokenize(text):
        if isinstance(token, ParsedLink):
            segments[-1].append(token)
            continue
        first, *others = re.split(r"[|｜]", token)
        segments[-1].append(first)
        segments += [[other] for other in others]
    return [segment for segment in segments if links_in(segment) or as_text(segment)]


def is_body(line: ParsedLine, after_title: bool) -> bool:
    """Whether a line has the shape of a body: bars with a date or links, or a label at its end."""
    tokens = line.tokens
    if not line.has_bar:
        labels = [link for link in split_off_links(tokens)[1] if link.role]
        return bool(labels) or (after_title and line.text[-1:] in "日号號0123456789" and bool(_day(line.text)))
    segments = segments_of(line.text)
    if not segments:
        return False
    text = as_text(segments[0])
    if (
        looks_like_date(text)
        or is_bare_number(text)
        or any(only_links(s) for s in segments)
        or any(k.role for k in split_off_links(tokens)[1])
    ):
        return True
    if any(read_labelled(as_text(segment)) for segment in segments):
        return True
    return after_title and (line.text[-1] in "|｜" or is_prose(as_text(segments[-1])))


def _day(text: str) -> DateSpan | None:
    span = read_date(text)
    return span if span and span.precision == "day" else None


def read_body(text: str, is_event: bool, near: dt.date | None) -> Body:
    """Parse a body; `near` is the issue's date, for dates without a year."""
    return _Reader(is_event, near).read(text)


class _Reader:
    """Parses the parts between the bars from left to right."""

    def __init__(self, is_event: bool, near: dt.date | None) -> None:
        self.is_event = is_event
        self.near = near
        self.body = Body()
        self.texts: list[str] = []

    def read(self, text: str) -> Body:
        segments = segments_of(text)
        for segment in segments:
            self._take(segment, is_last=segment is segments[-1])
        self.body.summary = " | ".join(self.texts)
        return self.body

    def _take(self, segment: list[Token], is_last: bool) -> None:
        if only_links(segment):
            self._take_links(links_in(segment))
        elif labelled := read_labelled(as_markdown(segment)):
            self.body.keep(labelled)
        else:
            rest, lifted = split_off_links(segment)
            may_be_date = self.body.span is None and not self.texts and not self.body.links and not links_in(rest)
            if not (may_be_date and self._take_date(as_text(rest), is_last)):
                self._take_text(rest, ends=bool(lifted) and is_last)
            for link in lifted:
                self.body.keep(link)

    def _take_links(self, links: list[ParsedLink]) -> None:
        name = links[0].label
        if len(links) == 1 and not links[0].role and not self.texts and self._may_be_source(name):
            self.body.source = name
            links = [replace(links[0], role=Link.Role.SOURCE)]
        for link in links:
            self.body.keep(link)

    def _take_date(self, text: str, is_last: bool) -> bool:
        """Use a part that is a date, or a date and a name if the bar between them is missing; never a sentence."""
        text = _without_brackets(_NAMED.sub("", text).strip("*_ "))
        span, rest = read_date(text, self.near, future=self.is_event), ""
        if span is None and (found := self._date_beside_name(text, is_last)):
            span, rest = found
        if span is None:
            if is_bare_number(text):
                self.body.errors.append(text)
            return is_bare_number(text)
        self.body.span = span
        self.body.guessed = "" if has_year(text) else text
        if has_word(rest):
            self._take_text([_without_brackets(rest.strip(" ,，;；-–—:："))], ends=False)
        return True

    def _date_beside_name(self, text: str, is_last: bool) -> tuple[DateSpan, str] | None:
        """A date at the start or end of a part, with the rest; not in the last part, which is a summary."""
        found = find_date(text, self.near, future=self.is_event)
        if found is None or found[0].precision == Precision.YEAR or looks_like_date(found[1]):
            return None
        rest = found[1]
        is_apart = (text.endswith(rest) and not rest[:1].isalnum()) or (
            text.startswith(rest) and rest[-1:] in " ,，、;；"
        )
        is_sentence = is_prose(rest.strip()) or (is_last and not self.is_event)
        return found if not has_word(rest) or (is_apart and not is_sentence and not is_bare_number(rest)) else None

    def _take_text(self, rest: list[Token], ends: bool) -> None:
        """Use a part as place, source or summary. `ends`: links were split off the last part, so it is the summary."""
        text = as_markdown(rest)
        name = _NAMED.sub("", as_text(rest)).replace("**", "").strip("*_ ")
        links = links_in(rest)
        if not (self.texts or links) and is_bare_number(name):
            self.body.errors.append(name)
        elif self._may_be_place(name):
            self.body.place = name
        elif not self.body.links and not self.texts and not ends and self._may_be_source(name):
            self.body.source = name
            links = [replace(link, role=link.role or Link.Role.SOURCE) for link in links]
        else:
            self.texts += [text] if text else []
            links = [link for link in links if link.role]  # the others are part of the sentence
        for link in links:
            self.body.keep(link)

    def _may_be_place(self, name: str) -> bool:
        wanted = self.is_event and not self.texts and not self.body.place
        return wanted and len(name) <= MAX_PLACE and not is_prose(name) and has_word(name)

    def _may_be_source(self, name: str) -> bool:
        wanted = not self.is_event and not self.body.source and not is_prose(name)
        return wanted and len(name) <= MAX_SOURCE and 0 < len(name_key(name)) <= MAX_SOURCE


def _without_brackets(text: str) -> str:
    """The text without brackets around all of it."""
    inner = text[1:-1]
    is_pair = fold(text[:1]) == "(" and fold(text[-1:]) == ")" and not re.search("[()]", fold(inner))
    return inner.strip() if is_pair else text


def report(body: Body, line: int, document: Document) -> None:
    """Warn about what could not be parsed, or only by a guess."""
    for piece in body.errors:
        document.keep_unparsed(line, piece, _("Not a recognised date or web address:"))
    for label in body.unknown:
        document.warn(line, _("Unknown link label, saved as a website: %(label)s") % {"label": label})
    if _BAR_OR_TAB.search(body.summary) or begins_with_date(body.summary):
        document.warn(
            line, _("This summary may contain a date, a source or links that were not recognised: %s") % body.summary
        )
    if body.guessed:
        document.warn(line, _("No year is printed; the year of the issue’s date was used: %s") % body.guessed)


def is_unclosed(text: str) -> bool:
    """Whether a link is not closed at the end of a text: the line was cut inside it."""
    tail = fold(text[-300:])
    return tail.rfind("[") > tail.rfind("]")
