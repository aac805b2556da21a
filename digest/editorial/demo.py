"""The demo archive from the files in `fixtures/`: loaded once, and brought in line where nobody has edited it."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import Issue, Item, Origin, Placement, Section, Source, Topic, Translated
from digest.editorial.models import DemoRow

Row = dict[str, Any]
# The files of items, in the reading order of an issue; the paper stands outside of all issues.
FILES = {
    "research.toml": Section.RESEARCH,
    "news.toml": Section.NEWS,
    "policy.toml": Section.POLICY,
    "data.toml": Section.DATA,
    "events.toml": Section.EVENT,
    "paper.toml": Section.RESEARCH,
}
# Titles that the archive supplied itself stand in square brackets, as cataloguers write them.
SUPPLIED = {"zh-hant": "title_zh_is_ours", "en": "title_en_is_ours"}
ISSUE_TEXTS = ["title", "programme_note", "intro", "themes", "look_back_theme"]
ITEM_TEXTS = ["title", "place", "summary", "abstract", "body"]
PLAIN = ("genre", "attendance", "doi", "volume", "number", "pages")


@dataclass(frozen=True)
class Entry:
    """An item's row in the fixtures, with what else is needed to make it."""

    kind: Section
    row: Row
    folder: Path


def archive_is_empty() -> bool:
    """Whether a demo can be loaded without doubling anything."""
    return not (Issue.objects.exists() or Item.objects.exists())


def load_archive(folder: Path, step: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Fill an empty archive from `folder` (`fixtures/demo`) and publish it; the topics must be there already.

    `step` is told after each item how many are done, and of how many.
    """
    with record_changes():
        sources = _sources(folder)
        issue_rows = _read(folder / "issues.toml")["issue"]
        issues = {row["number"]: make_issue(row) for row in issue_rows}
        topics = {topic.slug: topic for topic in Topic.objects.all()}
        entries = _entries(folder)
        items = {}
        for done, entry in enumerate(entries, 1):
            items[entry.row["id"]] = make_item(entry, sources, topics)
            step(done, len(entries))
        for entry in entries:
            related = [items[name] for name in entry.row.get("related", [])]
            authoring.set_relation(
                items[entry.row["id"]], "related", [*items[entry.row["id"]].related.all(), *related]
            )
        place_items(entries, items, issues, mastheads={row.get("masthead") for row in issue_rows})
        for issue in issues.values():
            authoring.publish_issue(issue)
        authoring.publish_items([items[entry.row["id"]].pk for entry in entries if "home" not in entry.row])
        for row in issue_rows:
            _remember(f"issue {row['number']}", issues[row["number"]], row)
        for entry in entries:
            _remember(entry.row["id"], items[entry.row["id"]], entry.row)


def update_archive(folder: Path) -> int:
    """Bring the demo's rows in line with files that have changed since; returns how many rows were.

    A row that somebody has edited or deleted since it was loaded stays as it is.
    """
    with record_changes():
        known = {row.key: row for row in DemoRow.objects.all()}
        sources = _sources(folder)
        topics = {topic.slug: topic for topic in Topic.objects.all()}
        count = 0
        for row in _read(folder / "issues.toml")["issue"]:
            issue = Issue.objects.filter(number=row["number"]).first()
            key = f"issue {row['number']}"
            if issue and _may_update(known.get(key), issue, row):
                authoring.edit(issue, {"date": row.get("date")})
                authoring.write_texts(issue, _by_language(row, ISSUE_TEXTS))
                _remember(key, issue, row)
                count += 1
        for entry in _entries(folder):
            remembered = known.get(entry.row["id"])
            item = Item.objects.filter(pk=remembered.object_id).first() if remembered else None
            if item and _may_update(remembered, item, entry.row):
                _fill_item(item, entry, sources, topics)
                _remember(entry.row["id"], item, entry.row)
                count += 1
    return count


def _may_update(remembered: DemoRow | None, row: Translated, fixture: Row) -> bool:
    return (
        remembered is not None
        and remembered.fixture_digest != _digest(fixture)
        and remembered.stored_digest == _digest(_stored(row))
    )


def _remember(key: str, row: Translated, fixture: Row) -> None:
    values = {"object_id": row.pk, "fixture_digest": _digest(fixture), "stored_digest": _digest(_stored(row))}
    DemoRow.objects.update_or_create(key=key, defaults=values)


def _stored(row: Translated) -> list[Any]:
    """What the database holds of an issue or item that an editor can change in its form."""
    written = row.translations.filter(origin=Origin.WRITTEN).order_by("language")
    held: list[Any] = [(text.language, text.texts()) for text in written]
    if isinstance(row, Issue):
        return [*held, str(row.date)]
    item = Item.objects.get(pk=row.pk)
    held += [str(getattr(item, name)) for name in (*PLAIN, "kind", "date", "date_end", "authors", "source_id")]
    held += [
        list(item.links.values_list("role", "label", "url")),
        list(item.references.values_list("text", flat=True)),
    ]
    held += [sorted(map(str, getattr(item, name).values_list("pk", flat=True))) for name in ("places", "topics")]
    return [*held, [[str(c.date), *c.translations.values_list("language", "note")] for c in item.corrections.all()]]


def _digest(value: object) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=16).hexdigest()


def _sources(folder: Path) -> dict[str, Source]:
    return {row["key"]: make_source(row) for row in _read(folder / "sources.toml")["source"]}


def _entries(folder: Path) -> list[Entry]:
    return [Entry(kind, row, folder) for file, kind in FILES.items() for row in _read(folder / file)["item"]]


def make_source(row: Row) -> Source:
    """A source with its names."""
    source = Source.objects.filter(slug=row["key"]).first()
    if source is None:
        source = authoring.create(Source, slug=row["key"], kind=row["kind"], url=row.get("url", ""))
        authoring.write_texts(source, _by_language(row, ["name", "other_names"]))
    return source


def make_issue(row: Row) -> Issue:
    """An issue with its texts, or the bare number of one that is known only through look-backs."""
    record = row.get("record", Issue.Record.COMPLETE)
    return authoring.create_issue(row["number"], _by_language(row, ISSUE_TEXTS), date=row.get("date"), record=record)


def make_item(entry: Entry, sources: dict[str, Source], topics: dict[str, Topic]) -> Item:
    """An item with all that hangs on it, but for its placements and related items."""
    item = authoring.create_item(entry.kind)
    _fill_item(item, entry, sources, topics)
    for figure in entry.row.get("figures", []):
        texts = _by_language(figure, ["caption", "alternative"])
        if "file" in figure:
            with (entry.folder / figure["file"]).open("rb") as picture:
                authoring.add_figure(item, figure["role"], texts, picture=picture)
        else:
            authoring.add_figure(item, figure["role"], texts)
    return item


def _fill_item(item: Item, entry: Entry, sources: dict[str, Source], topics: dict[str, Topic]) -> None:
    row = entry.row
    values = {
        "date": row.get("date"),
        "date_end": row.get("date_end"),
        "date_precision": row.get("precision", "day"),
        "source": sources[row["source"]] if "source" in row else None,
        "authors": "\n".join(row.get("authors", [])),
        **{name: row.get(name, "") for name in PLAIN},
    }
    authoring.edit(item, values)
    texts = _by_language(row, ITEM_TEXTS)
    for language, mark in SUPPLIED.items():
        if row.get(mark):
            texts[language]["title"] = f"[{texts[language]['title']}]"
    authoring.write_texts(item, texts)
    authoring.set_relation(item, "places", [authoring.get_or_create_place(code) for code in row.get("places", [])])
    authoring.set_relation(item, "topics", [topics[slug] for slug in row.get("topics", []) if slug in topics])
    authoring.set_relation(item, "further_reading", [topics[slug] for slug in row.get("further_reading", [])])
    authoring.set_links(item, row.get("links", []))
    authoring.delete(item.corrections.all())
    for correction in row.get("corrections", []):
        authoring.add_correction(
            item, correction["date"], {c: t["note"] for c, t in _by_language(correction, ["note"]).items()}
        )


def place_items(
    entries: list[Entry], items: dict[str, Item], issues: dict[str, Issue], mastheads: Iterable[str | None]
) -> None:
    """Place each item at home and where it is looked back at, in the files' order, the masthead's event first."""
    rows: list[Placement] = []
    last: Counter[str] = Counter()
    for entry in sorted(entries, key=lambda entry: entry.row["id"] not in mastheads):
        row, item = entry.row, items[entry.row["id"]]
        role = Placement.Role.PROMOTED if row.get("promoted") else Placement.Role.NEW
        homes = [(row["home"], role, row.get("focus", False))] if "home" in row else []
        later = [(number, Placement.Role.LOOK_BACK, False) for number in row.get("looked_back_in", [])]
        for number, placed_as, focus in [*homes, *later]:
            last[number] += 1
            values = {"section": entry.kind, "position": last[number], "role": placed_as, "focus": focus}
            rows.append(Placement(issue=issues[number], item=item, **values))
    authoring.save_placements(rows)


def reset_editor(password: str) -> None:
    """The login `editor`, who may do everything in the admin, with this password from now on."""
    user, _made = get_user_model().objects.get_or_create(username="editor")
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save()


def _read(path: Path) -> Row:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _by_language(row: Row, fields: list[str]) -> dict[str, Row]:
    """`{"title": {"en": "x"}}` -> `{"en": {"title": "x"}}`; lists become one line each."""
    texts: dict[str, Row] = {}
    for field in fields:
        for language, value in row.get(field, {}).items():
            text = "\n".join(value) if isinstance(value, list) else value.strip()
            texts.setdefault(language, {})[field] = text
    return texts
