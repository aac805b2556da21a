"""The parser: each line of a paper is assigned to a field or the body; uncertain lines are reported."""

from django.utils.translation import gettext as _

from digest.intake.language import is_han, language_of
from digest.intake.paper import labels
from digest.intake.paper.citations import link_citations
from digest.intake.paper.document import BlockKind, Paper, PaperBlock, ParsedFigure
from digest.intake.paper.front_matter import FrontMatter
from digest.intake.paper.headings import Outline, heading
from digest.intake.paper.labels import ABSTRACT, KEYWORDS, REFERENCES, Label, is_abstract_part, label
from digest.intake.paper.lines import PaperLine, is_cut, join, read_lines
from digest.intake.paper.patterns import captions
from digest.intake.paper.references import References

_PROSE = 60  # characters; a longer sentence before any heading is the introduction


def parse(text: str) -> Paper:
    """Parse a paper. Accepts any text; `Paper.is_paper` is False if it is not a paper."""
    return _Parser(text).run()


class _Parser:
    def __init__(self, text: str) -> None:
        self.lines = read_lines(text)
        self.labels = [label(line.text) for line in self.lines]
        self.marks = [heading(line.text) for line in self.lines]
        self.chinese = language_of("".join(c for c in text if is_han(c)))
        self.paper = Paper()
        self.front = FrontMatter(self.paper, self.chinese)
        self.references = References(self.paper)
        self.outline = Outline()
        self.in_front = True  # before the body, and again after the reference list
        self.abstract: list[PaperBlock] | None = None  # the current one
        self.awaited: tuple[Label, PaperLine] | None = None  # a label whose text is on the next line
        self.stops = self._next_stops()

    def _next_stops(self) -> list[str]:
        """For each line, the kind of the next label or heading that ends an abstract."""
        stops, kind = [""] * len(self.lines), ""
        for at in range(len(self.lines) - 1, -1, -1):
            stops[at] = kind
            found = self.labels[at]
            if found is not None and found.kind in (ABSTRACT, KEYWORDS):
                kind = found.kind
            elif self.marks[at]:
                kind = "heading"
        return stops

    def run(self) -> Paper:
        for at, line in enumerate(self.lines):
            self._take(at, line)
        self._stop_awaiting()
        self._close_abstract()
        self.front.place_waiting_lines(before_abstract=False)
        self.paper.blocks.sort(key=lambda block: block.line)  # front matter is assigned after the lines that follow it
        body = "\n".join(block.text for block in self.paper.blocks or self.paper.texts)
        self.paper.language = language_of(body, self.chinese)
        link_citations(self.paper)
        self.paper.warnings.sort(key=lambda warning: warning.line or 0)
        return self.paper

    # --- the part of the paper that a line belongs to ---------------------------------------------------------------

    def _take(self, at: int, line: PaperLine) -> None:
        if self.references.is_open:
            if not self._ends_references(at, line) and self.references.take(line):
                return
            self.references.close()
            self.in_front = self.front.is_tail = True
        if self.awaited is not None and self.marks[at]:
            self._stop_awaiting()
        found = self.labels[at]
        if found is not None and self._is_label_here(found, line):
            self._take_label(found, line)
        elif self.awaited is not None:
            self._take_awaited(line)
        elif not (self._take_figure(line) or self._take_heading(at, line) or self._take_abstract(at, line)):
            self._take_text(at, line)

    def _ends_references(self, at: int, line: PaperLine) -> bool:
        found, mark = self.labels[at], self.marks[at]
        return (found is not None and found.kind != REFERENCES) or (mark is not None and mark.style == "named")

    def _is_label_here(self, found: Label, line: PaperLine) -> bool:
        """Whether a label is one at this position: in the body, `Source:` and `Summary` are ordinary words."""
        if found.kind == REFERENCES:
            return self.references.may_open(found.rest)
        if self.in_front:
            return True
        return found.kind in (ABSTRACT, KEYWORDS) and not line.text.lower().startswith("summary")

    def _take_label(self, found: Label, line: PaperLine) -> None:
        self._stop_awaiting()
        self._close_abstract()
        self.front.place_waiting_lines(before_abstract=found.kind == ABSTRACT)
        if found.kind == REFERENCES:
            self.references.open(line, found.rest)
        elif found.kind == ABSTRACT:
            self.abstract = [PaperBlock(BlockKind.PARAGRAPH, line.number, found.rest)] if found.rest else []
        elif found.rest or found.kind == labels.NOTE:
            self.front.take_label(found, line)
        else:
            self.awaited = (found, line)

    def _take_awaited(self, line: PaperLine) -> None:
        assert self.awaited is not None  # noqa: S101 - narrows the type; the caller has asked
        found, first = self.awaited
        self.awaited = None
        self.front.take_label(
            Label(found.kind, line.text), PaperLine(first.number, f"{first.text} {line.text}", False)
        )

    def _stop_awaiting(self) -> None:
        if self.awaited is not None:
            self.front.note(self.awaited[1])
            self.awaited = None

    # --- figures and headings ------------------------------------------------------------------------------------

    def _take_figure(self, line: PaperLine) -> bool:
        found = captions(line.text)
        new = [(c, language_of(c.text, self.chinese) if c.is_chinese else "en") for c in found]
        known = self.paper.figures
        if not new or any(c.number in known and code in known[c.number].captions for c, code in new):
            return False
        self._close_abstract()
        for caption, code in new:
            if caption.number not in known:
                known[caption.number] = ParsedFigure(line.number)
                self.paper.blocks.append(PaperBlock(BlockKind.FIGURE, line.number, "", number=str(caption.number)))
            known[caption.number].captions[code] = caption.text
        return True

    def _take_heading(self, at: int, line: PaperLine) -> bool:
        mark = self.marks[at]
        if mark is None or (self.in_front and self.front.is_affiliation(mark.title)):
            return False
        before = self.lines[at - 1] if at else None
        cut = bool(before and line.follows and self._in_paragraph() and is_cut(before.text))
        in_order = self.outline.is_in_order(mark)
        level = self.outline.level(mark, at, cut)
        if level is None:
            return False
        self._close_abstract()
        self.front.place_waiting_lines(before_abstract=False)
        self.in_front = self.front.is_tail = False
        if not in_order:
            self.paper.warn(line.number, _("Heading out of order: %(text)s") % {"text": mark.text})
        block = PaperBlock(BlockKind.HEADING, line.number, mark.text, level, mark.number, mark.title)
        self.paper.blocks.append(block)
        return True

    def _in_paragraph(self) -> bool:
        return bool(self.paper.blocks) and self.paper.blocks[-1].kind is BlockKind.PARAGRAPH

    # --- abstracts -----------------------------------------------------------------------------------------------

    def _take_abstract(self, at: int, line: PaperLine) -> bool:
        if self.abstract is None:
            return False
        last = self.abstract[-1] if self.abstract else None
        if last is not None and line.follows and is_cut(self.lines[at - 1].text) and not line.is_table:
            last.text = join(last.text, line.text)
            return True
        if last is None or is_abstract_part(line.text) or self._is_more_abstract(at, line, last):
            self.abstract.append(PaperBlock(BlockKind.PARAGRAPH, line.number, line.text))
            return True
        self._close_abstract()
        return False

    def _is_more_abstract(self, at: int, line: PaperLine, last: PaperBlock) -> bool:
        """Whether this is a further paragraph of the abstract, before the keywords."""
        same = (language_of(line.text) == "en") == (language_of(last.text) == "en")
        return same and line.is_sentence and self.stops[at] == KEYWORDS

    def _close_abstract(self) -> None:
        if self.abstract:
            code = language_of("".join(block.text for block in self.abstract), self.chinese)
            self.paper.abstracts.setdefault(code, []).extend(self.abstract)
        self.abstract = None

    # --- all else ------------------------------------------------------------------------------------------------

    def _take_text(self, at: int, line: PaperLine) -> None:
        if self.in_front:
            if not self._is_prose(line) or self.front.is_tail or self.stops[at] in (ABSTRACT, KEYWORDS):
                self.front.take(line)
                return
            self.front.place_waiting_lines(before_abstract=False)
            self.in_front = False
        blocks = self.paper.blocks
        last = blocks[-1] if blocks else None
        if line.is_table:
            if last is not None and last.kind is BlockKind.TABLE and line.follows and self.lines[at - 1].is_table:
                last.text += f"\n{line.text}"
            else:
                blocks.append(PaperBlock(BlockKind.TABLE, line.number, line.text))
        elif last is not None and self._in_paragraph() and self._runs_on(at, line):
            last.text = join(last.text, line.text)
        else:
            blocks.append(PaperBlock(BlockKind.PARAGRAPH, line.number, line.text))
            if not any(c.isalpha() for c in line.text):
                self.paper.warn(line.number, _("Not recognised, kept as text: %(text)s") % {"text": line.text[:200]})

    def _is_prose(self, line: PaperLine) -> bool:
        """Whether a line before the first heading may be of the introduction; it may be short after an abstract."""
        if self.paper.abstracts:
            return line.is_sentence or is_cut(line.text)
        return line.is_sentence and len(line.text) >= _PROSE

    def _runs_on(self, at: int, line: PaperLine) -> bool:
        before = self.lines[at - 1]
        return line.follows and is_cut(before.text) and not (before.is_table or line.is_table)
