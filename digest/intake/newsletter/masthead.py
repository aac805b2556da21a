"""What stands before the first section: name, number, date, programme note, essay, and events promoted up there."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from digest.archive.models import Section
from digest.intake.newsletter.body import is_body
from digest.intake.newsletter.dates import find_date, fold, read_date
from digest.intake.newsletter.document import Document
from digest.intake.newsletter.language import detect
from digest.intake.newsletter.lines import CHINESE_NUMBER, ENGLISH_NUMBER, Line, is_prose, number_of
from digest.intake.newsletter.links import as_markdown, has_word, links_in, only_links
from digest.intake.newsletter.promoted import is_promoting, read_promoted
from digest.intake.newsletter.vocabulary import NEWSLETTER_WORDS, is_subscribing, role_of, section_named

LONGEST_IMPRINT = 200  # characters of the line with number and date
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
_LAST_THEME = re.compile(r"[，,；;]\s?(?:以及|及|和|与|與|and )\s?")


def read_imprint(lines: Sequence[Line], document: Document) -> set[int]:
    """Find number and date wherever they stand, and return the numbers of the lines they took up.

    Before the first section any short line may hold them; after it only one that says nothing else, since a number
    there is most often that of a look-back.
    """
    first = next((at for at, line in enumerate(lines) if section_named(line.plain)), len(lines))
    taken: set[int] = set()
    for at, line in enumerate(lines):
        if len(line.text) > LONGEST_IMPRINT or document.number:
            continue
        if found := _number_in(line):
            rest, dated = _without_date(found[1])
            is_above = at < first and not is_prose(line.text) and not links_in(line.tokens)
            says_more = has_word(rest) and not _names_newsletter(rest)
            if (is_above and (dated or not says_more)) or (dated and not has_word(rest)):
                document.number = found[0]
                _take_rest(document, line, found[1])
                taken.add(line.number)
    if document.date is None:
        for line in lines[:first]:
            if (span := read_date(line.plain)) and span.precision == "day" and span.end is None:
                document.date = span.start
                return taken | {line.number}
    return taken


def _number_in(line: Line) -> tuple[str, str] | None:
    folded = fold(line.plain)
    match = CHINESE_NUMBER.search(folded) or ENGLISH_NUMBER.search(folded)
    if not match or not (number := number_of(match)):
        return None
    return number, line.plain[: match.start()] + " " + line.plain[match.end() :]


def _without_date(text: str) -> tuple[str, bool]:
    found = find_date(text)
    return _IMPRINT_WORDS.sub("", found[1] if found else text), found is not None


def _take_rest(document: Document, line: Line, text: str) -> None:
    found = find_date(text)
    if found and found[0].precision == "day" and found[0].end is None:
        document.date, text = found[0].start, found[1]
    rest = _IMPRINT_WORDS.sub(" ", text)
    rest = re.sub(r"[(（\[【]\s*[)）\]】]", " ", rest).strip(" ,，、|｜·—–-:：()（）[]【】")
    if not has_word(rest):
        return
    if _names_newsletter(rest) and len(rest) <= MAX_TITLE:
        document.title = rest
    else:
        document.leave(line.number, rest, _("Not understood beside the issue’s number:"))


def _names_newsletter(text: str) -> bool:
    return any(word in text.lower() for word in NEWSLETTER_WORDS)


def is_bar(line: Line) -> bool:
    """Whether a line is the bar for subscribers: nothing but labels of that kind."""
    links = links_in(line.tokens)
    if only_links(line.tokens):
        return all(is_subscribing(link.label) for link in links)
    parts = [part for part in re.split(r"[|｜/]", line.plain) if has_word(part)]
    return not links and len(parts) > 1 and all(is_subscribing(part) for part in parts)


def is_programme_note(line: Line) -> bool:
    """Whether a paragraph tells of the programme and leads to its site."""
    return not line.has_bar and any(role_of(link.label) == "programme" for link in links_in(line.tokens))


class Masthead:
    """Takes the lines before the first section, one by one."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.pending: list[Line] = []  # a poster's lines, if a promoted event follows; else not understood
        self.essay: list[str] = []
        self.essay_is_over = False

    def take(self, line: Line) -> None:
        if is_promoting(line):
            self.document.entries.append(read_promoted(line, self.pending, self.document))
            self.document.sections.add(Section.EVENT)
            self.pending = []
        elif self._is_essay(line):
            self._give_up_pending()
            self.essay.append(as_markdown(line.tokens))
        elif self._is_title(line):
            self._give_up_pending()
            if self.document.title:
                self.document.leave(line.number, self.document.title, _("Taken as no name of the newsletter:"))
            self.document.title = line.plain
        else:
            self.pending.append(line)

    def take_bar(self) -> None:
        self._give_up_pending()
        self.essay_is_over = bool(self.essay)

    def close(self) -> None:
        self._give_up_pending()
        self.document.intro = "\n\n".join(self.essay)
        self.document.themes = split_themes(self.document.intro)

    def _is_essay(self, line: Line) -> bool:
        foreign = (detect(line.text) == "en") != (self.document.language == "en")
        return not (foreign or self.essay_is_over) and is_prose(line.plain) and not is_body(line, after_title=False)

    def _is_title(self, line: Line) -> bool:
        if line.has_bar or links_in(line.tokens) or len(line.plain) > MAX_TITLE or not has_word(line.plain):
            return False
        if _names_newsletter(line.plain):
            return not _names_newsletter(self.document.title)
        return not self.document.title and not self.pending and not self.essay

    def _give_up_pending(self) -> None:
        for line in self.pending:
            self.document.leave(line.number, line.text, _("Not understood:"))
        self.pending = []


def split_themes(essay: str) -> list[str]:
    """The themes that the essay's sentence on the issue's focus lists; none where the list cannot be split safely.

    The last theme is what follows a comma with “and”; it may hold enumerations of its own.
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
