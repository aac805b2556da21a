"""A paper's texts as Markdown, in which the author's text is escaped."""

import re

from digest.intake.paper.citations import pieces
from digest.intake.paper.document import BlockKind, CitationMark, Paper, PaperBlock

_MARKS = re.compile(r"[\\`*_\[\]]")
_TAG = re.compile(r"<(?=[A-Za-z/!?]|[^<> !]*@)")  # of a tag, or of a URL that would become a link
_ENTITY = re.compile(r"&(?=#?[0-9A-Za-z]{1,32};)")
_START = re.compile(r"(?=[#>]|[-+](?:\s|$|-))")
_ITEM = re.compile(r"([0-9]{1,9})(?=\.\s)")
_ROW = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?")


def escape(text: str) -> str:
    """Escape plain text for Markdown: no emphasis, links, tags, lists or headings."""
    text = _MARKS.sub(r"\\\g<0>", _ENTITY.sub("&amp;", text))
    return _TAG.sub("&lt;", text)


def markdown(block: PaperBlock) -> str:
    """A block of the body as Markdown."""
    match block.kind:
        case BlockKind.HEADING:
            text = _inline(block).replace("#", r"\#")  # hashes at the end would be markup
            return f"{'#' * min(block.level + 1, 6)} {text}"
        case BlockKind.FIGURE:
            return f"[[figure:{block.number}]]"
        case BlockKind.TABLE:
            return _table(block)
        case _:
            return _paragraph(_inline(block))


def body(paper: Paper) -> str:
    """The whole body, its blocks separated by blank lines."""
    return "\n\n".join(markdown(block) for block in paper.blocks)


def abstracts(paper: Paper) -> dict[str, str]:
    """The abstracts by language."""
    return {code: "\n\n".join(markdown(block) for block in blocks) for code, blocks in paper.abstracts.items()}


def _inline(block: PaperBlock) -> str:
    return "".join(_citation(piece) if isinstance(piece, CitationMark) else escape(piece) for piece in pieces(block))


def _citation(mark: CitationMark) -> str:
    if mark.locator:
        return f"[@{mark.numbers[0]}:{mark.locator}]"
    return "".join(f"[@{number}]" for number in mark.numbers)


def _paragraph(text: str) -> str:
    """Escape the beginning of a paragraph that would open a heading, quotation, list or rule."""
    if item := _ITEM.match(text):
        return f"{item.group()}\\{text[item.end() :]}"
    return f"\\{text}" if _START.match(text) else text


def _table(block: PaperBlock) -> str:
    rows = block.text.split("\n")
    cells = [row.split("\t") for row in rows]
    if len(rows) > 1 and len({len(row) for row in cells}) == 1 and len(cells[0]) > 1:
        lines = [f"| {' | '.join(escape(cell).replace('|', '&#124;') for cell in row)} |" for row in cells]
        return "\n".join([lines[0], "|---" * len(cells[0]) + "|", *lines[1:]])
    if len(rows) > 1 and _ROW.fullmatch(rows[1]):
        return "\n".join([escape(rows[0]), rows[1], *map(escape, rows[2:])])
    return "\n\n".join(_paragraph(escape(row)) for row in rows)
