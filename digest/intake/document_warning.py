"""Warnings about a document, and its text that was not recognised."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DocumentWarning:
    """A warning for an editor. `line` is None if it is not about a particular line."""

    line: int | None
    text: str

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "text": self.text}


@dataclass
class ImportReport:
    """Collects warnings, and in `remainder` the texts that were not recognised, with their lines."""

    warnings: list[DocumentWarning] = field(default_factory=list)
    remainder: list[DocumentWarning] = field(default_factory=list)

    def warn(self, line: int | None, text: str) -> None:
        self.warnings.append(DocumentWarning(line, text))

    def keep_unparsed(self, line: int, text: str, reason: str) -> None:
        """Keep text that was not recognised, and warn about it."""
        self.remainder.append(DocumentWarning(line, text))
        self.warn(line, f"{reason} {text}")

    def remainder_text(self) -> str:
        """One paragraph for each text, with its line number, in the document's order."""
        pieces = sorted(self.remainder, key=lambda piece: piece.line or 0)
        return "\n\n".join(f"{piece.line}: {piece.text}" for piece in pieces)

    def copy(self) -> "ImportReport":
        return ImportReport([*self.warnings], [*self.remainder])
