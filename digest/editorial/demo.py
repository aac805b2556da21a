"""Loads the demo archive from `fixtures/demo`, and updates rows that nobody has edited when the fixtures change."""

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

Fixture = dict[str, Any]
# The files of items in the reading order of an issue; the paper is in no issue.
ITEM_FILES = {
    "research.toml": Section.RESEARCH,
    "news.toml": Section.NEWS,
    "policy.toml": Section.POLICY,
    "data.toml": Section.DATA,
    "events.toml": Section.EVENT,
    "paper.toml": Section.RESEARCH,
}
ISSUE_TEXTS = ["title", "programme_note", "intro", "themes", "look_back_theme"]
ITEM_TEXTS = ["title", "title_origin", "place", "summary", "abstract", "body"]
PLAIN_FIELDS = ("genre", "attendance", "doi", "volume", "number", "pages")


@dataclass(frozen=True)
class ItemFixture:
    """An item in the fixtures, its kind, and the folder of its pictures."""

    kind: Section
    row: Fixture
    folder: Path


def archive_is_empty() -> bool:
    """Whether the demo can be loaded without creating duplicates."""
    return not (Issue.objects.exists() or Item.objects.exists())


def load_archive(folder: Path, show_progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Fill an empty archive from `folder` (`fixtures/demo`) and publish it; the topics must exist already.

    `show_progress` is called after each item with the number of items loaded and of all items.
    """
    with record_changes():
        sources = _load_sources(folder)
        issue_rows = _read_toml(folder / "issues.toml")["issue"]
        issues = {row["number"]: make_issue(row) for row in issue_rows}
        topics = {topic.slug: topic for topic in Topic.objects.all()}
        fixtures = _read_items(folder)
        items = {}
        for done, fixture in enumerate(fixtures, 1):
            items[fixture.row["id"]] = make_item(fixture, sources, topics)
            show_progress(done, len(fixtures))
        for fixture in fixtures:
            related = [items[name] for name in fixture.row.get("related", [])]
            authoring.set_relation(
                items[fixture.row["id"]], "related", [*items[fixture.row["id"]].related.all(), *related]
            )
        place_items(fixtures, items, issues, mastheads={row.get("masthead") for row in issue_rows})
        for issue in issues.values():
            authoring.publish_issue(issue)
        authoring.publish_items([items[fixture.row["id"]].pk for fixture in fixtures if "home" not in fixture.row])
        for row in issue_rows:
            _record_loaded(f"issue {row['number']}", issues[row["number"]], row)
        for fixture in fixtures:
            _record_loaded(fixture.row["id"], items[fixture.row["id"]], fixture.row)


def update_archive(folder: Path) -> int:
    """Update demo rows whose fixtures have changed; returns how many rows were updated.

    A row that was edited or deleted since it was loaded is left alone.
    """
    with record_changes():
        loaded_rows = {row.key: row for row in DemoRow.objects.all()}
        sources = _load_sources(folder)
        topics = {topic.slug: topic for topic in Topic.objects.all()}
        count = 0
        for row in _read_toml(folder / "issues.toml")["issue"]:
            issue = Issue.objects.filter(number=row["number"]).first()
            key = f"issue {row['number']}"
            if issue and _is_unedited_and_changed(loaded_rows.get(key), issue, row):
                authoring.edit(issue, {"date": row.get("date")})
                authoring.write_texts(issue, _by_language(row, ISSUE_TEXTS))
                _record_loaded(key, issue, row)
                count += 1
        for fixture in _read_items(folder):
            loaded = loaded_rows.get(fixture.row["id"])
            item = Item.objects.filter(pk=loaded.object_id).first() if loaded else None
            if item and _is_unedited_and_changed(loaded, item, fixture.row):
                _fill_item(item, fixture, sources, topics)
                _write_short_summary(fixture.row, list(item.placements.select_related("issue")))
                _record_loaded(fixture.row["id"], item, fixture.row)
                count += 1
    return count


def _is_unedited_and_changed(loaded: DemoRow | None, row: Translated, fixture: Fixture) -> bool:
    return (
        loaded is not None
        and loaded.fixture_digest != _digest(fixture)
        and loaded.stored_digest == _digest(_stored_values(row))
    )


def _record_loaded(key: str, row: Translated, fixture: Fixture) -> None:
    values = {"object_id": row.pk, "fixture_digest": _digest(fixture), "stored_digest": _digest(_stored_values(row))}
    DemoRow.objects.update_or_create(key=key, defaults=values)


def _stored_values(row: Translated) -> list[Any]:
    """The values of an issue or item that an editor can change in its form."""
    written = row.translations.filter(origin=Origin.WRITTEN).order_by("language")
    values: list[Any] = [(text.language, text.texts()) for text in written]
    if isinstance(row, Issue):
        return [*values, str(row.date)]
    item = Item.objects.get(pk=row.pk)
    values += [
        str(getattr(item, name)) for name in (*PLAIN_FIELDS, "kind", "date", "date_end", "authors", "source_id")
    ]
    values += [
        list(item.links.values_list("role", "label", "url")),
        list(item.references.values_list("text", flat=True)),
    ]
    values += [sorted(map(str, getattr(item, name).values_list("pk", flat=True))) for name in ("places", "topics")]
    values.append([[str(c.date), *c.translations.values_list("language", "note")] for c in item.corrections.all()])
    short = [
        [text.language, text.summary]
        for placement in item.placements.order_by("pk")
        for text in placement.translations.filter(origin=Origin.WRITTEN).order_by("language")
    ]
    return [*values, short] if short else values  # rows loaded before there were short summaries keep their digest


def _digest(value: object) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=16).hexdigest()


def _load_sources(folder: Path) -> dict[str, Source]:
    return {row["key"]: make_source(row) for row in _read_toml(folder / "sources.toml")["source"]}


def _read_items(folder: Path) -> list[ItemFixture]:
    return [
        ItemFixture(kind, row, folder)
        for file, kind in ITEM_FILES.items()
        for row in _read_toml(folder / file)["item"]
    ]


def make_source(row: Fixture) -> Source:
    """Get or create a source with its names."""
    source = Source.objects.filter(slug=row["key"]).first()
    if source is None:
        source = authoring.create(Source, slug=row["key"], kind=row["kind"], url=row.get("url", ""))
        authoring.write_texts(source, _by_language(row, ["name", "other_names"]))
    return source


def make_issue(row: Fixture) -> Issue:
    """Create an issue with its texts; a partial issue has only its number."""
    record = row.get("record", Issue.Record.COMPLETE)
    return authoring.create_issue(row["number"], _by_language(row, ISSUE_TEXTS), date=row.get("date"), record=record)


def make_item(fixture: ItemFixture, sources: dict[str, Source], topics: dict[str, Topic]) -> Item:
    """Create an item with its attachments, but without placements and related items."""
    item = authoring.create_item(fixture.kind)
    _fill_item(item, fixture, sources, topics)
    for figure in fixture.row.get("figures", []):
        texts = _by_language(figure, ["caption", "alternative"])
        if "file" in figure:
            with (fixture.folder / figure["file"]).open("rb") as picture:
                authoring.add_figure(item, figure["role"], texts, picture=picture)
        else:
            authoring.add_figure(item, figure["role"], texts)
    return item


def _fill_item(item: Item, fixture: ItemFixture, sources: dict[str, Source], topics: dict[str, Topic]) -> None:
    row = fixture.row
    values = {
        "date": row.get("date"),
        "date_end": row.get("date_end"),
        "date_precision": row.get("precision", "day"),
        "source": sources[row["source"]] if "source" in row else None,
        "authors": "\n".join(row.get("authors", [])),
        **{name: row.get(name, "") for name in PLAIN_FIELDS},
    }
    authoring.edit(item, values)
    authoring.write_texts(item, _by_language(row, ITEM_TEXTS))
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
    fixtures: list[ItemFixture], items: dict[str, Item], issues: dict[str, Issue], mastheads: Iterable[str | None]
) -> None:
    """Place each item in its home issue and where it is looked back at, in the order of the files, mastheads first."""
    rows: list[Placement] = []
    last: Counter[str] = Counter()
    for fixture in sorted(fixtures, key=lambda fixture: fixture.row["id"] not in mastheads):
        row, item = fixture.row, items[fixture.row["id"]]
        role = Placement.Role.PROMOTED if row.get("promoted") else Placement.Role.NEW
        homes = [(row["home"], role, row.get("focus", False))] if "home" in row else []
        later = [(number, Placement.Role.LOOK_BACK, False) for number in row.get("looked_back_in", [])]
        for number, placed_as, focus in [*homes, *later]:
            last[number] += 1
            values = {"section": fixture.kind, "position": last[number], "role": placed_as, "focus": focus}
            rows.append(Placement(issue=issues[number], item=item, **values))
    authoring.save_placements(rows)
    for fixture in fixtures:
        _write_short_summary(fixture.row, [row for row in rows if row.item_id == items[fixture.row["id"]].pk])


def _write_short_summary(row: Fixture, placements: list[Placement]) -> None:
    """Write the short summary of an item for the issue that looks back at it, otherwise for its home issue."""
    if "short" in row:
        number = row.get("looked_back_in", [row.get("home")])[0]
        placement = next(placement for placement in placements if placement.issue.number == number)
        authoring.write_texts(placement, {language: {"summary": text} for language, text in row["short"].items()})


def reset_editor_password(password: str) -> None:
    """Give the superuser `editor` this password; create the user if necessary."""
    user, _made = get_user_model().objects.get_or_create(username="editor")
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save()


def _read_toml(path: Path) -> Fixture:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _by_language(row: Fixture, fields: list[str]) -> dict[str, Fixture]:
    """`{"title": {"en": "x"}}` -> `{"en": {"title": "x"}}`; lists become lines."""
    texts: dict[str, Fixture] = {}
    for field in fields:
        for language, value in row.get(field, {}).items():
            text = "\n".join(value) if isinstance(value, list) else value.strip()
            texts.setdefault(language, {})[field] = text
    return texts
