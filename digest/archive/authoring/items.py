"""Creating issues, items, sources and places, and merging two records of the same item."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from digest.archive.authoring.crud import create, save
from digest.archive.authoring.deletions import record_deletion
from digest.archive.authoring.picture_files import delete_pictures_on_commit
from digest.archive.authoring.placements import save_placements
from digest.archive.authoring.texts import write_text, write_texts
from digest.archive.changes import record_changes
from digest.archive.models import Issue, Item, Place, Placement, Source
from digest.common.slugs import make_slug

Texts = Mapping[str, Mapping[str, str]]  # language code -> field -> text


def create_item(kind: str, texts: Texts | None = None, **values: Any) -> Item:
    """Create a draft item with its texts."""
    with record_changes():
        item: Item = create(Item, kind=kind, **values)
        if texts:
            write_texts(item, texts)
    return item


def create_issue(number: str, texts: Texts | None = None, **values: Any) -> Issue:
    """Create a draft issue with its texts."""
    with record_changes():
        issue: Issue = create(Issue, number=number, **values)
        if texts:
            write_texts(issue, texts)
    return issue


def get_or_create_source(name: str, language: str, kind: str = Source.Kind.JOURNAL) -> Source:
    """The source with this name or alternative name; if there is none, a new source of this kind."""
    if found := Source.objects.named(name).first():
        return found
    with record_changes():
        source: Source = create(Source, slug=make_slug(Source, name), kind=kind)
        write_text(source, language, name=name)
    return source


def get_or_create_place(code: str) -> Place:
    """The place with this code; created if it does not exist."""
    return Place.objects.filter(code=code).first() or create(Place, code=code)


def merge_items(item: Item, into: Item) -> None:
    """Merge `item` into `into`: `item` is deleted and its address redirects to `into`.

    Placements, topics, places, relations, pictures, corrections and further reading are moved; texts, links,
    references and other values are moved only if `into` has none. In an issue that has both items, the placement of
    `into` is kept. Raises ValidationError if `item` and `into` are the same.
    """
    if item.pk == into.pk:
        raise ValidationError(_("An item cannot be merged into itself."))
    with record_changes() as change:
        was_public = item.is_published
        change.add(Issue, item.placements.values_list("issue", flat=True))
        change.add(Item, [into.pk, *item.related.values_list("pk", flat=True)])
        _merge_texts(item, into)
        _merge_placements(item, into)
        _merge_attachments(item, into)
        for name in ("places", "topics", "related", "further_reading"):
            getattr(into, name).add(*(other for other in getattr(item, name).all() if other != into))
        values = {
            name: getattr(item, name)
            for name in ("genre", "date", "date_end", "attendance", "source", "authors", "volume", "number", "pages")
            if not getattr(into, name)
        }
        if item.date_precision != into.date_precision and "date" in values:
            values["date_precision"] = item.date_precision
        doi, pk = item.doi, item.pk
        item.delete()
        if doi and not into.doi:
            values["doi"] = doi  # unique, so only after the other row is deleted
        for name, value in values.items():
            setattr(into, name, value)
        save(into, list(values) or ["kind"])
        record_deletion(change, item, pk, into.pk)
        change.is_public = change.is_public or was_public


def _merge_texts(item: Item, into: Item) -> None:
    texts: dict[str, dict[str, str]] = {}
    for row in item.translations.all():
        if not row.is_converted:
            existing = into.written(row.language)
            missing = {n: v for n, v in row.texts().items() if v and not (existing and getattr(existing, n))}
            if "title" in missing:
                missing["title_origin"] = row.title_origin
            if missing:
                texts[row.language] = missing
    write_texts(into, texts)


def _merge_placements(item: Item, into: Item) -> None:
    issues = {placement.issue_id for placement in into.placements.all()}
    has_home = into.home is not None
    moving = []
    for placement in item.placements.select_related("issue"):
        if placement.issue_id in issues:
            continue
        if placement.role != Placement.Role.LOOK_BACK and has_home:
            placement.role, placement.focus = Placement.Role.LOOK_BACK, False
        placement.item = into
        moving.append(placement)
    save_placements(moving)


def _merge_attachments(item: Item, into: Item) -> None:
    if not into.links.exists():
        item.links.update(item=into)
    if not into.references.exists():
        item.references.update(item=into)
    item.corrections.update(item=into)
    used = set(into.figures.values_list("role", "number"))
    for figure in item.figures.all():
        if (figure.role, figure.number) in used:
            delete_pictures_on_commit([figure])
        else:
            figure.item = into
            figure.save(update_fields=["item"])
