"""Parses promoted events: the text of a poster, then a sentence with the event's name and website."""

import datetime as dt
import re

from django.utils.translation import gettext as _

from digest.archive.models import Item, Placement, Section
from digest.common.text import name_key
from digest.intake.newsletter.body import Body, report
from digest.intake.newsletter.countries import country_of
from digest.intake.newsletter.dates import find_date, fold
from digest.intake.newsletter.document import DateSpan, Document, ParsedItem
from digest.intake.newsletter.lines import ParsedLine
from digest.intake.newsletter.links import as_markdown, links_in, split_off_links, tokenize

MAX_TITLE = 500
_QUOTED = re.compile(
    r"「([^「」]{4,500})」|『([^『』]{4,500})』|《([^《》]{4,500})》|“([^“”]{4,500})”|\"([^\"]{4,500})\""
)
_YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])")
_CHINESE_PLACE = re.compile(r"[於于在]([^\s，。、；於于在的以舉举召（(]{2,40})")
_ENGLISH_PLACE = re.compile(r"\b(?:in|at) ([A-Z][^.;:()]{2,120}?)(?=[.;:()]| (?:and|on|as|from|is|will|with|now)\b|$)")
_ON_SITE = ("現場", "实体", "實體", "现场", "on site", "onsite", "on-site", "in person", "in-person")
_ONLINE = ("線上", "线上", "在线", "視訊", "视讯", "online", "virtual")
_BUTTON = frozenset(
    name_key(word)
    for word in (
        *(
            "Registration",
            "Register",
            "Workshop",
            "Website",
            "Programme",
            "Program",
            "Agenda",
            "Abstract",
            "Abstracts",
        ),
        *("Submission", "Brochure", "Flyer", "Here", "Now", "Online"),
        *("報名", "註冊", "網站", "議程", "报名", "注册", "网站", "议程"),
    )
)
_BUTTON_ASKED = frozenset(
    name_key(word) for word in ("Registration", "Register", "Website", "報名", "網站", "报名", "网站")
)


def is_promoting(line: ParsedLine) -> bool:
    """Whether a line is the sentence below a poster: it ends with the event's website and is not a list of fields."""
    roles = {link.role for link in split_off_links(line.tokens)[1] or links_in(line.tokens)}
    return not line.has_bar and bool(roles & {"website", "registration"})


def quoted_title(text: str) -> str:
    """The first name in quotation marks; empty if there is none."""
    match = _QUOTED.search(text)
    return next(filter(None, match.groups()), "").strip() if match else ""


def attendance_of(text: str) -> str:
    """The `Item.Attendance` stated in a text; empty if there is none."""
    lowered = text.lower()
    online = any(word in lowered for word in _ONLINE)
    if "hybrid" in lowered or (online and any(word in lowered for word in _ON_SITE)):
        return Item.Attendance.HYBRID
    return Item.Attendance.ONLINE if online else ""


def read_promoted(sentence: ParsedLine, poster: list[ParsedLine], document: Document, title: str = "") -> ParsedItem:
    """The event described by a poster's lines and the sentence below them."""
    body = _body(sentence)
    first = next((line.plain for line in poster if len(line.plain) <= MAX_TITLE), "")
    entry = ParsedItem(
        section=Section.EVENT,
        title=quoted_title(sentence.text) or title or first or body.summary[:MAX_TITLE],
        line=sentence.number,
        role=Placement.Role.PROMOTED,
        summary=body.summary,
        links=body.links,
        attendance=attendance_of(sentence.text),
        poster=_poster_text(poster),
        place=_place(sentence.text, document.language),
        span=_span(sentence.text, poster, document),
    )
    report(body, sentence.number, document)
    _warn_of_buttons(poster, document)
    return entry


def _body(sentence: ParsedLine) -> Body:
    body = Body()
    rest, lifted = split_off_links(tokenize(sentence.plain))
    body.summary = as_markdown(rest)
    for link in (*lifted, *links_in(rest)):
        if link.role or link in lifted:
            body.keep(link)
    return body


def _span(text: str, poster: list[ParsedLine], document: Document) -> DateSpan | None:
    years = [int(year) for line in poster for year in _YEAR.findall(fold(line.text))]
    near = dt.date(years[0], 1, 1) if years else document.date
    texts = [text, *(line.text for line in poster)]
    return next((found[0] for text in texts if (found := find_date(text, near, future=True))), None)


def _place(text: str, language: str) -> str:
    pattern = _ENGLISH_PLACE if language == "en" else _CHINESE_PLACE
    for match in pattern.finditer(text):
        if country_of(match[1], language):
            return match[1].strip()
    return ""


def _poster_text(poster: list[ParsedLine]) -> str:
    pieces: list[str] = []
    for at, line in enumerate(poster):
        pieces += [("\n" if line.adjacent else "\n\n") if at else "", line.text]
    return "".join(pieces)


def _warn_of_buttons(poster: list[ParsedLine], document: Document) -> None:
    for line in poster:
        words = [name_key(word) for word in line.text.split()] if len(line.text) <= 80 else []
        if words and set(words) <= _BUTTON and set(words) & _BUTTON_ASKED:
            document.warn(
                line.number,
                _("Buttons without links, kept in the poster’s text; the number of buttons is unclear: %(text)s")
                % {"text": line.text},
            )
