"""The demo archive from the files in `fixtures/`: loaded through the models' own verbs, once."""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from digest.archive.changes import record_change
from digest.archive.models import (
    Correction,
    CorrectionTranslation,
    Figure,
    FigureTranslation,
    Issue,
    IssueTranslation,
    Item,
    ItemTranslation,
    Link,
    Place,
    Placement,
    Section,
    Source,
    SourceTranslation,
    Topic,
    Translated,
)
from digest.archive.picture_encoding import encode_anew, make_renditions

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


@dataclass(frozen=True)
class Entry:
    """An item's row in the fixtures, with what else is needed to make it."""

    kind: Section
    row: Row
    folder: Path


def archive_is_empty() -> bool:
    """Whether a demo can be loaded without doubling anything."""
    return not (Issue.objects.exists() or Item.objects.exists())


@transaction.atomic
def load_archive(folder: Path, step: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Fill an empty archive from `folder` (`fixtures/demo`) and publish it; the topics must be there already.

    `step` is told after each item how many are done, and of how many.
    """
    sources = {row["key"]: make_source(row) for row in _read(folder / "sources.toml")["source"]}
    issue_rows = _read(folder / "issues.toml")["issue"]
    issues = {row["number"]: make_issue(row) for row in issue_rows}
    topics = {topic.slug: topic for topic in Topic.objects.all()}
    entries = [Entry(kind, row, folder) for file, kind in FILES.items() for row in _read(folder / file)["item"]]
    items = {}
    for done, entry in enumerate(entries, 1):
        items[entry.row["id"]] = make_item(entry, sources, topics)
        step(done, len(entries))
    for entry in entries:
        items[entry.row["id"]].related.add(*(items[name] for name in entry.row.get("related", [])))
    place_items(entries, items, issues, mastheads={row.get("masthead") for row in issue_rows})
    for issue in issues.values():
        issue.publish()
    alone = [items[entry.row["id"]].pk for entry in entries if "home" not in entry.row]
    Item.objects.filter(pk__in=alone).update(published_at=timezone.now())
    record_change(items.values(), issues.values())


def make_source(row: Row) -> Source:
    """A source with its names."""
    source = Source.objects.filter(slug=row["key"]).first()
    if source is None:
        source = Source.objects.create(slug=row["key"], kind=row["kind"], url=row.get("url", ""))
        _write(SourceTranslation, source, _by_language(row, ["name", "other_names"]))
        source.convert_scripts()
        source.index_names()
    return source


def make_issue(row: Row) -> Issue:
    """An issue with its texts, or the bare number of one that is known only through look-backs."""
    record = row.get("record", Issue.Record.COMPLETE)
    issue = Issue.objects.create(number=row["number"], date=row.get("date"), record=record)
    fields = ["title", "programme_note", "intro", "themes", "look_back_theme"]
    _write(IssueTranslation, issue, _by_language(row, fields))
    return issue


def make_item(entry: Entry, sources: dict[str, Source], topics: dict[str, Topic]) -> Item:
    """An item with all that hangs on it, but for its placements and related items."""
    row = entry.row
    item = Item.objects.create(
        kind=entry.kind,
        date=row.get("date"),
        date_end=row.get("date_end"),
        date_precision=row.get("precision", "day"),
        source=sources[row["source"]] if "source" in row else None,
        authors="\n".join(row.get("authors", [])),
        **{name: row.get(name, "") for name in ("genre", "attendance", "doi", "volume", "number", "pages")},
    )
    texts = _by_language(row, ["title", "place", "summary", "abstract", "body"])
    for language, mark in SUPPLIED.items():
        if row.get(mark):
            texts[language]["title"] = f"[{texts[language]['title']}]"
    _write(ItemTranslation, item, texts)
    item.places.set([Place.objects.get_or_create(code=code)[0] for code in row.get("places", [])])
    item.topics.add(*(topics[slug] for slug in row.get("topics", [])))
    item.further_reading.set([topics[slug] for slug in row.get("further_reading", [])])
    for position, link in enumerate(row.get("links", [])):
        Link.objects.create(item=item, position=position, **link)
    for correction in row.get("corrections", []):
        made = Correction.objects.create(item=item, date=correction["date"])
        _write(CorrectionTranslation, made, _by_language(correction, ["note"]))
    for figure in row.get("figures", []):
        make_figure(item, figure, entry.folder)
    return item


def make_figure(item: Item, row: Row, folder: Path) -> None:
    """A poster or figure; without a `file`, the slot of a picture that the source lost."""
    figure = Figure.objects.create(item=item, role=row["role"])
    _write(FigureTranslation, figure, _by_language(row, ["caption", "alternative"]))
    if "file" in row:
        with (folder / row["file"]).open("rb") as file:
            figure.picture.save("picture.webp", encode_anew(file), save=False)
        figure.save(update_fields=["picture", "width", "height"])
        make_renditions(figure.picture.storage, str(figure.picture.name))


def place_items(
    entries: list[Entry], items: dict[str, Item], issues: dict[str, Issue], mastheads: Iterable[str | None]
) -> None:
    """Place each item at home and where it is looked back at, in the files' order, the masthead's event first."""
    last: Counter[str] = Counter()
    for entry in sorted(entries, key=lambda entry: entry.row["id"] not in mastheads):
        row, item = entry.row, items[entry.row["id"]]
        role = Placement.Role.PROMOTED if row.get("promoted") else Placement.Role.NEW
        homes = [(row["home"], role, row.get("focus", False))] if "home" in row else []
        later = [(number, Placement.Role.LOOK_BACK, False) for number in row.get("looked_back_in", [])]
        for number, placed_as, focus in [*homes, *later]:
            last[number] += 1
            Placement.objects.create(
                issue=issues[number],
                item=item,
                section=entry.kind,
                position=last[number],
                role=placed_as,
                focus=focus,
            )


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


def _write(model: Any, owner: Translated, texts: dict[str, Row]) -> None:
    for language, fields in texts.items():
        model.objects.create(owner=owner, language=language, **fields)
