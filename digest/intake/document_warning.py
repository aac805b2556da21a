"""Warnings about a document, and the text of it that was not understood."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DocumentWarning:
    """Something an editor should look at. `line` is None if it is about no line in particular."""

    line: int | None
    text: str

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "text": self.text}


@dataclass
class ImportReport:
    """Collects warnings, and in `remainder` the pieces of text that were not understood, each with its line."""

    warnings: list[DocumentWarning] = field(default_factory=list)
    remainder: list[DocumentWarning] = field(default_factory=list)

    def warn(self, line: int | None, text: str) -> None:
        self.warnings.append(DocumentWarning(line, text))

    def keep_unparsed(self, line: int, text: str, reason: str) -> None:
        """Keep text that was not understood, and warn about it."""
        self.remainder.append(DocumentWarning(line, text))
        self.warn(line, f"{reason} {text}")

    def remainder_text(self) -> str:
        """One paragraph for each piece, with its line number, in the document's order."""
        pieces = sorted(self.remainder, key=lambda piece: piece.line or 0)
        return "\n\n".join(f"{piece.line}: {piece.text}" for piece in pieces)

    def copy(self) -> "ImportReport":
        return ImportReport([*self.warnings], [*self.remainder])
