"""Parses what precedes the first section: name, number, date, programme note, introduction, promoted events."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from digest.archive.models import Section
from digest.intake.newsletter.body import is_body
from digest.intake.newsletter.dates import find_date, fold, read_date
from digest.intake.newsletter.document import DateSpan, Document
from digest.intake.newsletter.language import detect
from digest.intake.newsletter.lines import CHINESE_NUMBER, ENGLISH_NUMBER, ParsedLine, is_prose, number_of
from digest.intake.newsletter.links import as_markdown, has_word, links_in, only_links
from digest.intake.newsletter.promoted import is_promoting, read_promoted
from digest.intake.newsletter.vocabulary import NEWSLETTER_WORDS, is_subscribing, role_of, section_named

LONGEST_IMPRINT = 200  # maximum length of the line with number and date
MAX_TITLE = 200
_IMPRINT_WORDS = re.compile(
    r"(?:(?:發行|出刊|出版|發布|发行|发布)(?:日期|日)?|日期|期數|期数)\s?[:：]?"
    r"|\b(?:published|date|issued|released)(?: on)?\b:?",
    re.IGNORECASE,
)
_THEMES = re.compile(
    r"(?:本期(?:電子報|电子报)?(?:的)?(?:焦[點点]|重[點点]|主[題题])(?:在於|在于|包括|包含|聚焦於|聚焦于|為|为|是)"
    r"|(?:the )?focus(?:es)? of this issue (?:is|are|lies)(?: on| in)?:?|this issue focuses on:?)\s?"
    r"(?P<themes>[^。\n]{4,600})",
    re.IGNORECASE,
)
_OTHER_ISSUE = re.compile(
    r"[上下前次][一1１]?\s?期|(?:往|歷|历)期|\b(?:previous|last|next|past|earlier|coming)\b", re.IGNORECASE
)
_LAST_THEME = re.compile(r"[，,；;]\s?(?:以及|及|和|与|與|and )\s?")


def read_imprint(lines: Sequence[ParsedLine], document: Document) -> set[int]:
    """Find the issue's number and date; returns the numbers of their lines.

    Before the first section any short line may contain them, preferably one with a date; after it only a line with
    nothing else, since a number there is usually that of a look-back.
    """
    first = next((at for at, line in enumerate(lines) if section_named(line.plain)), len(lines))
    found = _imprints(lines)
    above = {at: imprint for at, imprint in found.items() if at < first}
    taken: set[int] = set()
    own = next((at for at, imprint in above.items() if imprint.dated and imprint.is_imprint), None)
    own = next(iter(above), None) if own is None else own
    own = next((at for at, imprint in found.items() if imprint.is_alone), None) if own is None else own
    if own is not None:
        document.number = found[own].number
        _take_rest(document, lines[own], found[own])
        taken.add(lines[own].number)
        document.second_line = _second_newsletter(lines, [at for at in found if at > max(own, first)])
    if document.date is None:
        for line in lines[:first]:
            if (span := read_date(line.plain)) and span.precision == "day" and span.end is None:
                document.date = span.start
                return taken | {line.number}
    return taken


def _imprints(lines: Sequence[ParsedLine]) -> "dict[int, _Imprint]":
    """The lines that may be an issue's imprint, by position."""
    found = {}
    for at, line in enumerate(lines):
        if len(line.text) > LONGEST_IMPRINT or _OTHER_ISSUE.search(line.plain):
            continue
        imprint = _number_in(line)
        is_plain = not is_prose(line.text) and not links_in(line.tokens)
        if imprint and (imprint.is_alone or (is_plain and imprint.is_imprint)):
            found[at] = imprint
    return found


def _second_newsletter(lines: Sequence[ParsedLine], imprints: Sequence[int]) -> int | None:
    """The line of a second imprint, below which a section begins again; None if there is none.

    Both are required, because look-backs have numbers too.
    """
    sections = [section_named(line.plain) for line in lines] if imprints else []
    for at in imprints:
        if {section for section in sections[:at] if section} & {section for section in sections[at:] if section}:
            return lines[at].number
    return None


@dataclass(frozen=True)
class _Imprint:
    """A line with an issue number: the number, and the text before and after it."""

    number: str
    before: str
    after: str

    @cached_property
    def dated(self) -> tuple[DateSpan, str] | None:
        return find_date(f"{self.before} {self.after}")

    @cached_property
    def rest(self) -> str:
        """The line without number, date and words such as “Issue” and “Date”."""
        text = self.dated[1] if self.dated else f"{self.before} {self.after}"
        text = re.sub(r"[(（\[【]\s*[)）\]】]", " ", _IMPRINT_WORDS.sub(" ", text))
        return " ".join(text.split()).strip(" ,，、|｜·—–-:：()（）[]【】")

    @property
    def is_alone(self) -> bool:
        return self.dated is not None and not has_word(self.rest)

    @property
    def is_imprint(self) -> bool:
        """Whether the number is that of the issue. A number before a title, without a date, is that of a look-back."""
        return self.dated is not None or not has_word(self.rest) or self.is_named

    @property
    def is_named(self) -> bool:
        return len(self.rest) <= MAX_TITLE and (_names_newsletter(self.rest) or has_word(self.before))


def _number_in(line: ParsedLine) -> _Imprint | None:
    folded = fold(line.plain)
    match = CHINESE_NUMBER.search(folded) or ENGLISH_NUMBER.search(folded)
    if not match or not (number := number_of(match)):
        return None
    return _Imprint(number, line.plain[: match.start()], line.plain[match.end() :])


def _take_rest(document: Document, line: ParsedLine, found: _Imprint) -> None:
    if found.dated and found.dated[0].precision == "day" and found.dated[0].end is None:
        document.date = found.dated[0].start
    elif found.dated:
        document.keep_unparsed(line.number, line.plain, _("Not an issue date:"))
    if not has_word(found.rest):
        return
    if found.is_named:
        document.title = found.rest
    else:
        document.keep_unparsed(line.number, found.rest, _("Text not recognised beside the issue number:"))


def _names_newsletter(text: str) -> bool:
    return any(word in text.lower() for word in NEWSLETTER_WORDS)


def is_bar(line: ParsedLine) -> bool:
    """Whether a line is the subscription bar: only labels such as “Subscribe”."""
    links = links_in(line.tokens)
    if only_links(line.tokens):
        return all(is_subscribing(link.label) for link in links)
    parts = [part for part in re.split(r"[|｜/]", line.plain) if has_word(part)]
    return not links and len(parts) > 1 and all(is_subscribing(part) for part in parts)


def is_programme_note(line: ParsedLine) -> bool:
    """Whether a paragraph is about the programme and links to its website."""
    return not line.has_bar and any(role_of(link.label) == "programme" for link in links_in(line.tokens))


class Masthead:
    """Parses the lines before the first section one by one."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.pending: list[ParsedLine] = []  # lines of a poster, if a promoted event follows; otherwise not recognised
        self.essay: list[str] = []
        self.essay_is_over = False

    def take(self, line: ParsedLine) -> None:
        if is_promoting(line):
            self.document.entries.append(read_promoted(line, self.pending, self.document))
            self.document.sections.add(Section.EVENT)
            self.pending = []
        elif self._is_essay(line):
            self._keep_pending()
            self.essay.append(as_markdown(line.tokens))
        elif self._is_title(line):
            self._keep_pending()
            if self.document.title:
                self.document.keep_unparsed(
                    line.number, self.document.title, _("Not recognised as the newsletter’s name:")
                )
            self.document.title = line.plain
        else:
            self.pending.append(line)

    def take_bar(self) -> None:
        self._keep_pending()
        self.essay_is_over = bool(self.essay)

    def close(self) -> None:
        self._keep_pending()
        self.document.intro = "\n\n".join(self.essay)
        self.document.themes = split_themes(self.document.intro)

    def _is_essay(self, line: ParsedLine) -> bool:
        foreign = (detect(line.text) == "en") != (self.document.language == "en")
        return not (foreign or self.essay_is_over) and is_prose(line.plain) and not is_body(line, after_title=False)

    def _is_title(self, line: ParsedLine) -> bool:
        if line.has_bar or links_in(line.tokens) or len(line.plain) > MAX_TITLE or not has_word(line.plain):
            return False
        if _OTHER_ISSUE.search(line.plain) and _number_in(line):
            return False
        if _names_newsletter(line.plain):
            return not _names_newsletter(self.document.title)
        return not self.document.title and not self.pending and not self.essay

    def _keep_pending(self) -> None:
        for line in self.pending:
            self.document.keep_unparsed(line.number, line.text, _("Not recognised:"))
        self.pending = []


def split_themes(essay: str) -> list[str]:
    """The themes listed in the introduction's sentence on the issue's focus; none if the list is ambiguous.

    The last theme follows a comma and “and”; it may contain lists itself.
    """
    matches = list(_THEMES.finditer(essay))
    if not matches:
        return []
    match = matches[-1]
    listed = re.split(r"[.!?](?:\s|$)", match["themes"])[0].strip()
    ends = list(_LAST_THEME.finditer(listed))
    head, last = (listed[: ends[-1].start()], listed[ends[-1].end() :]) if ends else (listed, "")
    chinese = "、" in head or not listed.isascii()
    parts = [part.strip() for part in re.split("、" if chinese else ", ", head)]
    themes = [*parts, last.strip()] if last else parts
    is_safe = all(4 <= len(theme) <= 90 and not re.search("[，；;]", theme) for theme in themes[: len(parts)])
    return themes if is_safe and len(themes) > 1 and all(len(theme) <= 120 for theme in themes) else []
