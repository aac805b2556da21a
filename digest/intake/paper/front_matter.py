"""Parses front and back matter: title, authors, DOI, date and journal; the rest becomes notes of the body."""

import re

from django.utils.translation import gettext as _

from digest.intake.language import language_of
from digest.intake.newsletter.dates import read_date
from digest.intake.paper import labels
from digest.intake.paper.document import BlockKind, Paper, PaperBlock, PublicationDate
from digest.intake.paper.labels import Label, find_doi
from digest.intake.paper.lines import PaperLine
from digest.intake.paper.patterns import author_names

MAX_TITLE = 200  # characters
MAX_SOURCE = 150
_IMPRINT = re.compile(
    r"第\s{0,4}[0-9]{1,4}\s{0,4}[卷期]|[0-9]{4}\s{0,4}年"
    r"|\bVol(?:ume)?[. ]|\bNo\. ?[0-9]|ISSN|https?:|www\.|@|[©]|\b[0-9]{6}\b",
    re.IGNORECASE,
)
_AFFILIATION = re.compile(
    r"大学|大學|学院|學院|研究所|研究院|研究中心|试验站|試驗站|实验室|實驗室|农业厅|公司[,，]"
    r"|\b(?:University|Institute|College|Department|Academy|Laboratory|Faculty)\b"
)
_JOURNAL = re.compile(r"\w{0,20}(?:学报|學報|杂志|雜誌|期刊|通报|通報)|(?:Journal|Acta|Annals|Transactions)\b.{0,80}")
_ONLY_DOI = re.compile(
    r"(?:https?://)?(?:(?:dx\.)?doi\.org/)?(?:doi\s{0,4}[:：]?\s{0,4})?10\.\S{1,200}", re.IGNORECASE
)


class FrontMatter:
    """Collects lines without a label until it is clear what follows them, then assigns them."""

    def __init__(self, paper: Paper, chinese: str) -> None:
        self.paper = paper
        self.chinese = chinese  # the script of the paper's Chinese
        self.is_tail = False  # after the list of references there is no title of the paper
        self._waiting: list[PaperLine] = []

    def take(self, line: PaperLine) -> None:
        """Add a line without a label."""
        self._waiting.append(line)

    def note(self, line: PaperLine) -> None:
        """Keep a line as text of the body."""
        self.paper.blocks.append(PaperBlock(BlockKind.NOTE, line.number, line.text))

    @staticmethod
    def is_affiliation(text: str) -> bool:
        """Whether a line shaped like a heading is an author's address (`1. Some University, Town`)."""
        return _AFFILIATION.search(text) is not None

    # --- labelled lines ------------------------------------------------------------------------------------------

    def take_label(self, found: Label, line: PaperLine) -> None:
        """Assign a labelled line to its field; keep it as text if the field is filled or the text does not fit."""
        fill = {
            labels.KEYWORDS: self._fill_keywords,
            labels.TITLE: self._fill_title,
            labels.AUTHORS: self._fill_authors,
            labels.DOI: self._fill_doi,
            labels.DATE: self._fill_date,
            labels.SOURCE: self._fill_source,
        }.get(found.kind)
        if fill is None or not fill(found.rest.strip(), line):
            self.note(line)

    def _fill_keywords(self, text: str, line: PaperLine) -> bool:
        abstract = self.paper.abstracts.get(language_of(text, self.chinese))
        if abstract is not None:
            abstract.append(PaperBlock(BlockKind.NOTE, line.number, line.text))
        return abstract is not None

    def _fill_title(self, text: str, line: PaperLine) -> bool:
        text = text.strip("#*_ ")
        code = language_of(text, self.chinese)
        if not text or len(text) > MAX_TITLE or code in self.paper.titles:
            return False
        self.paper.titles[code] = text
        return True

    def _fill_authors(self, text: str, line: PaperLine) -> bool:
        names = author_names(text) or [name.strip() for name in re.split(r"[,，、;；]", text) if name.strip()]
        if self.paper.authors or not names:
            return False
        self.paper.authors = names
        return _letters("".join(names)) == _letters(
            re.sub(r"\sand\s", " ", text)
        )  # footnote marks are kept in the text

    def _fill_doi(self, text: str, line: PaperLine) -> bool:
        doi = find_doi(text)
        if not doi or self.paper.doi:
            return False
        self.paper.doi = doi
        return _ONLY_DOI.fullmatch(text) is not None

    def _fill_date(self, text: str, line: PaperLine) -> bool:
        span = read_date(text)
        if span is None or span.end or self.paper.when:
            return False
        self.paper.when = PublicationDate(span.start, span.precision)
        return True

    def _fill_source(self, text: str, line: PaperLine) -> bool:
        if self.paper.source or not text or len(text) > MAX_SOURCE:
            return False
        self.paper.source = text.strip("《》 ")
        return True

    # --- lines without a label -----------------------------------------------------------------------------------

    def place_waiting_lines(self, before_abstract: bool) -> None:
        """Assign the waiting lines; a title is expected before an abstract, or if there was no abstract yet."""
        waiting, self._waiting = self._waiting, []
        may_have_title = before_abstract or not (self.paper.abstracts or self.is_tail)
        for language in (True, False):
            mine = [line for line in waiting if (language_of(line.text, self.chinese) == "en") is language]
            taken = self._title_and_authors(mine) if may_have_title else set()
            for line in mine:
                if line.number not in taken and not self._take_doi(line):
                    self._keep(line)

    def _title_and_authors(self, lines: list[PaperLine]) -> set[int]:
        """Find the title, directly before the authors if there are any; returns the numbers of the lines used."""
        names_at = next((at for at in range(1, len(lines)) if author_names(lines[at].text)), len(lines))
        candidates = [line for line in lines[:names_at] if _is_title(line.text)]
        if not candidates:
            return set()
        named = names_at < len(lines)
        title = candidates[-1] if named else candidates[0]
        if not self._fill_title(title.text, title):
            return set()
        taken = {title.number} | self._subtitle(title, lines)
        if named and self._fill_authors(lines[names_at].text, lines[names_at]):
            taken.add(lines[names_at].number)
        return taken

    def _subtitle(self, title: PaperLine, lines: list[PaperLine]) -> set[int]:
        after = next((line for line in lines if line.number > title.number), None)
        if after is None or not re.match(r"——|—|--", after.text) or len(title.text + after.text) > MAX_TITLE:
            return set()
        code = language_of(title.text, self.chinese)
        self.paper.titles[code] += after.text
        return {after.number}

    def _take_doi(self, line: PaperLine) -> bool:
        if self.is_tail or self.paper.doi or not (doi := find_doi(line.text)):
            return False
        self.paper.doi = doi
        return _ONLY_DOI.fullmatch(line.text) is not None

    def _keep(self, line: PaperLine) -> None:
        self.note(line)
        if not (self.is_tail or self.is_affiliation(line.text) or author_names(line.text)):
            self.paper.warn(line.number, _("Not recognised, kept as text: %(text)s") % {"text": line.text[:200]})


def _is_title(text: str) -> bool:
    """Whether a line may be a title: short, and not a sentence, imprint, address or table."""
    bare = text.strip("#*_ ")
    return (
        4 <= len(bare) <= MAX_TITLE
        and bare[-1] not in "。；;，,：:、.!…"
        and "\t" not in bare
        and bare[0] not in "(（[【0123456789*—-"
        and sum(1 for c in bare if c.isalpha()) >= 4
        and not _IMPRINT.search(bare)
        and not _AFFILIATION.search(bare)
        and not _JOURNAL.fullmatch(bare)
    )


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())
