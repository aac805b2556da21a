"""What an importer says about a document beside what it took from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentWarning:
    """Something an editor should look at; `line` is None where no line of the document is meant."""

    line: int | None
    text: str

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "text": self.text}
