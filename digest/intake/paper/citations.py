"""Citation marks: which numbers in square brackets are citations, and their pages."""

import re
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from digest.intake.paper.document import CitationMark, Paper, PaperBlock
from digest.intake.paper.patterns import MAX_NUMBER

_BRACKETS = re.compile(r"[\[［]([0-9,，、;；\s\-–—~～−]{1,60})[\]］]")
_RANGE = re.compile(r"([0-9]{1,3})(?:\s*[-–—~～−]\s*([0-9]{1,3}))?")
# A page right after the mark, "[3]38" or "[3] P38-40"; not a year, amount or decimal that begins the next sentence.
_PAGE = re.compile(
    r"[ \u3000]?((?:[Pp]{1,2}\.?|(?!(?:19|20)[0-9]{2}))[0-9]{1,4}(?:[-–][0-9]{1,4})?)"
    r"(?!\s?[0-9A-Za-z]|[.%％‰℃°/·～~\-–+×])"
)
_COUNTED = re.compile(
    r"\s?[年月日号號个個多余餘几幾万萬亿億千百十公米亩畝吨噸种種项項次倍家国國省市县縣人位名条條章节節部分期级級度成天周週小时時秒岁歲元块塊株头頭只隻]"
)
_ISOTOPE = re.compile(r"[\[［](?:1[34][\]］]C|15[\]］]N|1[78][\]］]O|3[23][\]］]P|3[45][\]］]S)(?![A-Za-z0-9])")
_INTERVAL = re.compile(r"(?:[∈=≤<]|区间|區間|范围|範圍|interval|range)(?:为|為|是|of)?\s*$")
_LONGEST_RANGE = 50  # maximum number of citations in one "[1-50]"
_WIDEST_GAP = 10  # the largest gap in a paper's numbers; a number far beyond the others is not a citation


def link_citations(paper: Paper) -> None:
    """Find the citations in all texts, add a reference for each number, and report the rest."""
    found = [(block, list(_candidates(block.text))) for block in paper.texts]
    numbers = {number for _block, marks in found for mark in marks for number in mark.numbers}
    known = _plausible(numbers, set(paper.references))
    for block, marks in found:
        block.marks = [mark for mark in marks if known.issuperset(mark.numbers)]
        for mark in marks:
            if not known.issuperset(mark.numbers):
                text = block.text[mark.start : mark.end]
                paper.warn(block.line, _("Not treated as a citation: %(text)s") % {"text": text})
    for number in paper.cited:
        paper.references.setdefault(number, "")


def _plausible(numbers: set[int], listed: set[int]) -> set[int]:
    """The numbers before the first wide gap in those cited and listed."""
    last = 0
    for number in sorted(numbers | listed):
        if number not in listed and number - last > _WIDEST_GAP:
            break
        last = number
    return {number for number in numbers if number <= last}


def _candidates(text: str) -> Iterator[CitationMark]:
    for match in _BRACKETS.finditer(text):
        numbers = _numbers(match.group(1))
        start, end = match.span()
        if not numbers or _ISOTOPE.match(text, start) or _INTERVAL.search(text[max(0, start - 12) : start]):
            continue
        page = _PAGE.match(text, end) if len(numbers) == 1 else None
        if page is not None and not _COUNTED.match(text, page.end()):
            yield CitationMark(start, page.end(), numbers, page.group(1))
        else:
            yield CitationMark(start, end, numbers)


def _numbers(inside: str) -> tuple[int, ...]:
    """`1, 3-5` -> 1, 3, 4, 5; empty if it is not a list of citations."""
    numbers: list[int] = []
    for piece in re.split(r"[,，、;；]", inside):
        match = _RANGE.fullmatch(piece.strip())
        if match is None:
            return ()
        first, last = int(match.group(1)), int(match.group(2) or match.group(1))
        if not 1 <= first <= last <= MAX_NUMBER or last - first > _LONGEST_RANGE:
            return ()
        numbers += range(first, last + 1)
    return tuple(numbers)


def runs(numbers: Iterable[int]) -> str:
    """Numbers in short form: 1, 2, 3 and 7 are `1–3, 7`."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return ", ".join(f"{first}–{last}" if last > first else f"{first}" for first, last in found)


def pieces(block: PaperBlock) -> Iterator[str | CitationMark]:
    """The text of a block, split at its citations."""
    end = 0
    for mark in block.marks:
        yield block.text[end : mark.start]
        yield mark
        end = mark.end
    yield block.text[end:]
