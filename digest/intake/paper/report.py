"""The output of the command: a JSON object, or lines of text."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from digest.archive.models import Item, Section
from digest.intake.change_messages import field_name
from digest.intake.paper.citations import runs
from digest.intake.paper.document import BlockKind, Paper, PaperBlock
from digest.intake.paper.importing import PaperImportResult


def as_json(paper: Paper, outcome: PaperImportResult) -> dict[str, object]:
    """The object that `--json` prints."""
    cited = paper.cited
    marks = [mark for block in paper.texts for mark in block.marks]
    return {
        "item": {
            "id": outcome.item_id,
            "kind": str(Section.RESEARCH),
            "genre": str(Item.Genre.PAPER),
            "language": paper.language,
        },
        "titles": paper.titles,
        "authors": paper.authors,
        "doi": paper.doi or None,
        "sections": sections(paper),
        "abstracts": {code: _length(blocks) for code, blocks in paper.abstracts.items()},
        "figures": [
            {"number": number, "line": figure.line, "captions": figure.captions}
            for number, figure in sorted(paper.figures.items())
        ],
        "references": {"slots": len(paper.references), "filled": sum(map(bool, paper.references.values()))},
        "citations": {
            "marks": len(cited),
            "distinct": len(set(cited)),
            "locators": sum(1 for mark in marks if mark.locator),
        },
        "missing": paper.missing,
        "warnings": [warning.as_json() for warning in paper.warnings],
        "changes": [change.as_json() for change in outcome.changes],
        "published": outcome.published,
        "needs_update": outcome.needs_update,
    }


def missing_labels(paper: Paper) -> list[str]:
    """What the document lacks, as text; references and figures with their number."""
    lacks = paper.missing
    slots = [number for number, text in paper.references.items() if not text]
    params = {"count": len(slots), "numbers": runs(slots)}
    words = [field_name(name) for name in ("title", "authors") if name in lacks]
    if slots:
        words.append(_("references (%(count)s: %(numbers)s)") % params)
    elif "references" in lacks:
        words.append(_("references"))
    if paper.figures:
        words.append(
            _("figures (%(count)s: %(numbers)s)") % {"count": len(paper.figures), "numbers": runs(paper.figures)}
        )
    return words + [field_name(name) for name in ("date", "source") if name in lacks]


def sections(paper: Paper) -> list[dict[str, Any]]:
    """Headings with the number of paragraphs and the citations below each; first an untitled introduction."""
    found: list[dict[str, Any]] = []
    for heading, blocks in _sections(paper):
        paragraphs = [block for block in blocks if block.kind in (BlockKind.PARAGRAPH, BlockKind.TABLE)]
        with_heading = [*([heading] if heading else []), *blocks]
        if heading is None and not paragraphs:
            continue
        found.append(
            {
                "number": (heading.number or None) if heading else None,
                "heading": heading.title if heading else None,
                "level": heading.level if heading else 1,
                "line": with_heading[0].line,
                "paragraphs": len(paragraphs),
                "citations": [n for block in with_heading for mark in block.marks for n in mark.numbers],
            }
        )
    return found


def _sections(paper: Paper) -> Iterator[tuple[PaperBlock | None, list[PaperBlock]]]:
    heading: PaperBlock | None = None
    blocks: list[PaperBlock] = []
    for block in paper.blocks:
        if block.kind is BlockKind.HEADING:
            yield heading, blocks
            heading, blocks = block, []
        else:
            blocks.append(block)
    yield heading, blocks


def _length(blocks: list[PaperBlock]) -> int:
    """The number of characters of an abstract, without its keywords."""
    return sum(len(block.text) for block in blocks if block.kind is not BlockKind.NOTE)
