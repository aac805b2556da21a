"""A log of what an import changes: each difference with its old and new value."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from digest.archive import authoring


@dataclass(frozen=True)
class Subject:
    """The row a change is about: an `item` by its title, an `issue` by its number, with its line in the document.

    `name` is empty for an item without a title.
    """

    kind: str
    name: str
    line: int | None = None


@dataclass(frozen=True)
class ImportChange:
    """One difference. `action`: create, update, place, tie, delete or publish. `part`: one of several parts."""

    action: str
    subject: Subject
    field: str = ""
    old: str | None = None
    new: str | None = None
    part: str = ""  # a link's label, a reference's number

    def as_json(self) -> dict[str, object]:
        return {
            "action": self.action,
            self.subject.kind: self.subject.name or None,
            "field": self.field or None,
            "part": self.part or None,
            "old": self.old,
            "new": self.new,
            "line": self.subject.line,
        }


@dataclass
class ChangeLog:
    """Writes rows and logs each difference."""

    changes: list[ImportChange] = field(default_factory=list)

    def add(
        self, action: str, subject: Subject, name: str = "", old: object = None, new: object = None, part: str = ""
    ) -> None:
        self.changes.append(ImportChange(action, subject, name, _as_text(old), _as_text(new), part))

    def update(
        self, row: models.Model, values: dict[str, Any], subject: Subject, action: str = "update", part: str = ""
    ) -> list[str]:
        """Set fields of an existing row, saving only those that differ; returns their names."""
        differing = [name for name, value in values.items() if getattr(row, name) != value]
        for name in differing:
            self.add(action, subject, name, getattr(row, name), values[name], part)
        if differing:
            authoring.edit(row, values)
        return differing


def _as_text(value: object) -> str | None:
    if value is None or value == "":
        return None
    return value.isoformat() if isinstance(value, dt.date) else str(value)
