"""The line under a title: `date | source | [label](address) | summary ([label](address))`, in its fields."""

import datetime as dt
import re
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from digest.archive.models import Link, name_key
from digest.intake.newsletter.dates import find_date, fold, has_year, looks_like_date, read_date
from digest.intake.newsletter.document import Address, Document, Span
from digest.intake.newsletter.lines import Line, is_prose
from digest.intake.newsletter.links import (
    Token,
    as_markdown,
    as_text,
    has_word,
    is_address,
    lift_ends,
    links_in,
    only_links,
    read_labelled,
    tokenize,
)

MAX_SOURCE = 200  # characters, as `SourceTranslation.name` and `SourceName.key` hold
MAX_PLACE = 300
_NAMED = re.compile(
    r"^(?:日期|時間|时间|來源|来源|出處|出处|地點|地点|date|source|venue|place)\s{0,2}[:：]\s{0,2}", re.IGNORECASE
)


@dataclass
class Body:
    """What such a line holds. `troubles` are pieces that were meant as something but could not be read as it."""

    span: Span | None = None
    source: str = ""
    place: str = ""
    summary: str = ""
    links: list[Address] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # labels nobody knows
    guessed: str = ""  # a date whose year is not printed

    def keep(self, link: Address) -> None:
        """Take a link up once; one with an unknown label as a website, one with an impossible address without it."""
        if not link.role:
            self.unknown.append(link.label)
            link = replace(link, role=Link.Role.WEBSITE)
        if link.url and not is_address(link.url):
            self.troubles.append(f"{link.label}: {link.url}")
            link = replace(link, url=None)
        if link not in self.links:
            self.links.append(link)


def segments_of(text: str) -> list[list[Token]]:
    """The pieces between the bars that are not inside a link; empty pieces fall away."""
    segments: list[list[Token]] = [[]]
    for token in tokenize(text):
        if isinstance(token, Address):
            segments[-1].append(token)
            continue
        first, *others = re.split(r"[|｜]", token)
        segments[-1].append(first)
        segments += [[other] for other in others]
    return [segment for segment in segments if links_in(segment) or as_text(segment)]


def is_body(line: Line, after_title: bool) -> bool:
    """Whether a line is the one under a title, by its shape: bars with a date or links, or a label at its end."""
    tokens = line.tokens
    if not line.has_bar:
        labels = [link for link in lift_ends(tokens)[1] if link.role]
        return bool(labels) or (after_title and line.text[-1:] in "日号號0123456789" and bool(_day(line.text)))
    segments = segments_of(line.text)
    if not segments:
        return False
    text = as_text(segments[0])
    if looks_like_date(text) or any(only_links(s) for s in segments) or any(k.role for k in lift_ends(tokens)[1]):
        return True
    if any(read_labelled(as_text(segment)) for segment in segments):
        return True
    return after_title and (line.text[-1] in "|｜" or is_prose(as_text(segments[-1])))


def _day(text: str) -> Span | None:
    span = read_date(text)
    return span if span and span.precision == "day" else None


def read_body(text: str, is_event: bool, near: dt.date | None) -> Body:
    """Sort the pieces of a body into fields; `near` is the issue's date, for dates printed without a year."""
    body = Body()
    texts: list[str] = []
    segments = segments_of(text)
    for segment in segments:
        text = as_text(segment)
        if only_links(segment):
            _take_links(body, segment, is_event, first=not texts)
        elif labelled := read_labelled(as_markdown(segment)):
            body.keep(labelled)
        elif not (
            body.span is None and not texts and not body.links and _take_date(body, text, texts, is_event, near)
        ):
            _take_text(body, segment, texts, is_event, last=segment is segments[-1])
    body.summary = " | ".join(texts)
    return body


def _take_links(body: Body, segment: list[Token], is_event: bool, first: bool) -> None:
    links = links_in(segment)
    named = links[0].label
    if len(links) == 1 and not links[0].role and first and _may_be_source(body, named, is_event):
        body.source = named
        body.keep(Address(named, links[0].url, Link.Role.SOURCE))
        return
    for link in links:
        body.keep(link)


def _take_date(body: Body, text: str, texts: list[str], is_event: bool, near: dt.date | None) -> bool:
    text = _NAMED.sub("", text).strip("()（）*_ ")
    if not looks_like_date(text) and not read_date(text):
        return False
    body.guessed = "" if has_year(text) else text
    if span := read_date(text, near, future=is_event):
        body.span = span
    elif (found := find_date(text, near, future=is_event)) and not looks_like_date(found[1]):
        body.span, rest = found
        if has_word(rest) and not is_prose(rest):  # the bar between date and source is lost
            _take_text(body, [rest.strip(" ,，;；-–—:：")], texts, is_event, last=False)
        elif has_word(rest):
            texts.append(text)
    else:
        body.guessed = ""
        body.troubles.append(text)
    return True


def _take_text(body: Body, segment: list[Token], texts: list[str], is_event: bool, last: bool) -> None:
    rest, lifted = lift_ends(segment)
    before = bool(body.links)
    text = as_markdown(rest)
    name = _NAMED.sub("", as_text(rest)).replace("**", "").strip("*_ ")
    role = ""  # of links whose label nobody knows
    if is_event and not texts and not body.place and len(name) <= MAX_PLACE and not is_prose(name) and has_word(name):
        body.place = name
    elif not before and not texts and not (lifted and last) and _may_be_source(body, name, is_event):
        body.source, role = name, Link.Role.SOURCE
    elif text:
        texts.append(text)
        rest = [token for token in rest if isinstance(token, Address) and token.role]
    # A known label inside a sentence stays there, and is the item's link as well.
    for link in (*lifted, *links_in(rest)):
        body.keep(replace(link, role=link.role or role))


def _may_be_source(body: Body, name: str, is_event: bool) -> bool:
    return (
        not is_event
        and not body.source
        and len(name) <= MAX_SOURCE
        and 0 < len(name_key(name)) <= MAX_SOURCE
        and not is_prose(name)
    )


def report(body: Body, line: int, document: Document) -> None:
    """Tell what of a body could not be read, or only with a guess."""
    for piece in body.troubles:
        document.leave(line, piece, _("Not a date or address that can be read:"))
    for label in body.unknown:
        document.warn(line, _("Unknown link label, kept as a website: %(label)s") % {"label": label})
    if body.guessed:
        document.warn(line, _("The year is not printed; it was taken from the issue’s date: %s") % body.guessed)


def is_unclosed(text: str) -> bool:
    """Whether a link's mark was opened and not closed at the end of a text: the line was cut inside it."""
    tail = fold(text[-300:])
    return tail.rfind("[") > tail.rfind("]")
