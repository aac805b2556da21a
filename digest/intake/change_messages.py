"""Messages about the changes of an import, in the active language."""

import re
from collections.abc import Sized

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from digest.archive.models import Issue, Item, Placement, Section
from digest.common.dates import Precision
from digest.common.languages import LANGUAGES
from digest.intake.change_log import ImportChange
from digest.intake.options import ImportOptions

_ACTIONS = {
    "create": pgettext_lazy("change", "new"),
    "update": gettext_lazy("changed"),
    "place": gettext_lazy("placed"),
    "tie": gettext_lazy("linked"),
    "delete": gettext_lazy("removed"),
    "publish": gettext_lazy("published"),
}
_FIELDS = {
    "abstract": gettext_lazy("abstract"),
    "alternative": gettext_lazy("text alternative"),
    "attendance": gettext_lazy("attendance"),
    "authors": gettext_lazy("authors"),
    "body": gettext_lazy("body"),
    "caption": gettext_lazy("caption"),
    "country": gettext_lazy("country"),
    "date": gettext_lazy("date"),
    "date_end": gettext_lazy("end date"),
    "date_precision": gettext_lazy("date precision"),
    "doi": "DOI",
    "figure": gettext_lazy("figure"),
    "focus": gettext_lazy("in focus"),
    "further reading": gettext_lazy("further reading"),
    "home": gettext_lazy("original issue"),
    "intro": gettext_lazy("intro"),
    "issue": gettext_lazy("issue"),
    "kind": gettext_lazy("kind"),
    "label": gettext_lazy("label"),
    "link": gettext_lazy("link"),
    "short summary": gettext_lazy("short summary"),
    "look_back_theme": gettext_lazy("theme of the look-backs"),
    "place": gettext_lazy("place"),
    "position": gettext_lazy("position"),
    "poster": gettext_lazy("poster"),
    "programme_note": gettext_lazy("programme note"),
    "record": gettext_lazy("record"),
    "reference": gettext_lazy("reference"),
    "reference slots": gettext_lazy("missing references"),
    "remainder": gettext_lazy("text not recognised on import"),
    "role": gettext_lazy("role"),
    "section": gettext_lazy("section"),
    "source": gettext_lazy("source"),
    "summary": gettext_lazy("summary"),
    "text": gettext_lazy("text"),
    "texts": gettext_lazy("texts"),
    "themes": gettext_lazy("themes"),
    "title": gettext_lazy("title"),
    "url": gettext_lazy("web address"),
}
_FIELD = re.compile(r"(?P<name>.+?)(?: \((?P<language>[a-z-]+)\)| (?P<number>[0-9]+))?")
_CODED = frozenset(("attendance", "date_precision", "focus", "issue", "kind", "record", "role", "section"))
_CODES = {
    value: label
    for choices in (Section, Placement.Role, Item.Attendance, Issue.Record, Precision)
    for value, label in choices.choices
} | {"True": gettext_lazy("yes"), "False": gettext_lazy("no")}
_WHOLE = 60  # characters; of longer values only the difference is shown
_AROUND = 12


def change_message(change: ImportChange) -> str:
    """One line: `line 34: changed: “Title”, summary: old -> new`."""
    subject = change.subject
    where = _("line %(line)s: ") % {"line": subject.line} if subject.line else ""
    name = (
        _("Issue %s") % subject.name if subject.kind == "issue" else _("“%s”") % (subject.name or _("untitled paper"))
    )
    action = "update" if change.action == "delete" and change.field else change.action  # the item itself stays
    what = where + _("%(action)s: %(name)s") % {"action": _ACTIONS[action], "name": name}
    return what + _(", %(difference)s") % {"difference": _difference(change)} if change.field else what


def counts_message(changes: Sized, warnings: Sized) -> str:
    """The numbers of changes and warnings of an import."""
    return _("changes: %(changes)s · warnings: %(warnings)s") % {"changes": len(changes), "warnings": len(warnings)}


def state_message(published: bool, import_options: ImportOptions) -> str:
    """What was done with the document."""
    if import_options.dry_run:
        return _("dry run, nothing saved")
    return _("published") if published else _("draft, not published")


def field_name(field: str) -> str:
    """The label of a field: `date_end`, `abstract (en)`, `figure 2`."""
    match = _FIELD.fullmatch(field)
    if match is None or match["name"] not in _FIELDS:
        return field
    name = str(_FIELDS[match["name"]])
    if match["language"]:
        return _("%(field)s (%(part)s)") % {"field": name, "part": LANGUAGES[match["language"]].label}
    return f"{name} {match['number']}" if match["number"] else name


def _difference(change: ImportChange) -> str:
    old, new = _shown(_decoded(change.field, change.old), _decoded(change.field, change.new))
    name = field_name(change.field)
    if change.part:
        name = _("%(field)s (%(part)s)") % {"field": name, "part": change.part}
    params = {"field": name, "old": old, "new": new}
    if old and new:
        return _("%(field)s: %(old)s -> %(new)s") % params
    if change.action in ("place", "tie"):
        return _("%(field)s: %(new)s") % params
    return _("%(field)s added: %(new)s") % params if new else _("%(field)s removed: %(old)s") % params


def _decoded(field: str, value: str | None) -> str:
    """A value with the labels of its codes: `21 news look_back` says which section and role."""
    if field not in _CODED or not value:
        return value or ""
    return " ".join(str(_CODES.get(word, word)) for word in value.split(" "))


def _shown(old: str, new: str) -> tuple[str, str]:
    """Two values, shortened to their difference."""
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
