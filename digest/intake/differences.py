"""What an import changes: each difference with its old and new value, for people and for programs."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_ACTIONS = {
    "create": gettext_lazy("new"),
    "update": gettext_lazy("changed"),
    "place": gettext_lazy("placed"),
    "tie": gettext_lazy("tied"),
    "delete": gettext_lazy("removed"),
    "publish": gettext_lazy("published"),
}
_WHOLE = 60  # characters of a value shown whole; of longer ones only what differs
_AROUND = 12


@dataclass(frozen=True)
class Subject:
    """What a change is about: an `item` by its title, an `issue` by its number, with its line in the document."""

    kind: str
    name: str
    line: int | None = None


@dataclass(frozen=True)
class Change:
    """One difference. `action`: create, update, place, tie, delete or publish."""

    action: str
    subject: Subject
    field: str = ""
    old: str | None = None
    new: str | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "action": self.action,
            self.subject.kind: self.subject.name,
            "field": self.field or None,
            "old": self.old,
            "new": self.new,
            "line": self.subject.line,
        }

    def __str__(self) -> str:
        """`line 34: changed: “Title”, summary: old -> new`, in one line."""
        where = _("line %(line)s: ") % {"line": self.subject.line} if self.subject.line else ""
        name = _("Issue %s") % self.subject.name if self.subject.kind == "issue" else f"“{self.subject.name}”"
        what = f"{where}{_ACTIONS[self.action]}: {name}"
        if not self.field:
            return what
        old, new = _shown(self.old or "", self.new or "")
        return f"{what}, {self.field}: {f'{old} -> ' if self.old else ''}{new}"


def _shown(old: str, new: str) -> tuple[str, str]:
    """Two values as short as they tell their difference."""
    if len(old) <= _WHOLE >= len(new) or not old:
        return _cut(old), _cut(new)
    start = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    ends = zip(reversed(old[start:]), reversed(new[start:]), strict=False)
    end = next((at for at, (a, b) in enumerate(ends) if a != b), min(len(old), len(new)) - start)
    return _window(old, start, len(old) - end), _window(new, start, len(new) - end)


def _window(text: str, start: int, end: int) -> str:
    left, right = max(0, start - _AROUND), min(len(text), end + _AROUND)
    return f"{'…' if left else ''}{_cut(text[left:right])}{'…' if right < len(text) else ''}"


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 3 * _WHOLE else f"{text[: 3 * _WHOLE]}…"


@dataclass
class Log:
    """Writes rows and remembers each difference on the way."""

    changes: list[Change] = field(default_factory=list)

    def add(self, action: str, subject: Subject, name: str = "", old: object = None, new: object = None) -> None:
        self.changes.append(Change(action, subject, name, _as_text(old), _as_text(new)))

    def update(self, row: models.Model, values: dict[str, Any], subject: Subject, action: str = "update") -> list[str]:
        """Bring an existing row's fields to these values; the names of those that differed. Saves only these."""
        differing = [name for name, value in values.items() if getattr(row, name) != value]
        for name in differing:
            self.add(action, subject, name, getattr(row, name), values[name])
            setattr(row, name, values[name])
        if differing:
            row.save(update_fields=differing)
        return differing


def _as_text(value: object) -> str | None:
    if value is None or value == "":
        return None
    return value.isoformat() if isinstance(value, dt.date) else str(value)
