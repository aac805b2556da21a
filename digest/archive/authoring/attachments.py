"""Links, references, pictures and corrections of items."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import BinaryIO

from django.db.models import F

from digest.archive.authoring.crud import create, delete, save
from digest.archive.authoring.picture_files import delete_pictures_on_commit
from digest.archive.authoring.texts import write_texts
from digest.archive.changes import record_changes
from digest.archive.models import Correction, Figure, Item, Link, Reference
from digest.archive.pictures import delete_picture_files

Texts = Mapping[str, Mapping[str, str]]  # language code -> field -> text
RENUMBERING_OFFSET = 20_000  # larger than any reference number, but within the range of the field


def set_links(item: Item, links: Iterable[Mapping[str, str]]) -> bool:
    """Replace an item's links with these, in this order; each has `role`, `label` and `url`.

    Rows with the same role and label are kept, and with them their history. Returns whether anything changed.
    """
    with record_changes():
        unused = list(item.links.all())
        changed = False
        for position, wanted in enumerate(links):
            values = {"label": "", "url": "", **wanted, "position": position}
            row = next((row for row in unused if (row.role, row.label) == (values["role"], values["label"])), None)
            if row is None:
                create(Link, item=item, **values)
                changed = True
                continue
            unused.remove(row)
            if (row.url, row.position) != (values["url"], position):
                row.url, row.position = str(values["url"]), position
                save(row, ["url", "position"])
                changed = True
        delete(unused)
    return changed or bool(unused)


def add_correction(item: Item, date: dt.date, notes: Mapping[str, str]) -> Correction:
    """Add a dated public correction to an item; `notes` maps language codes to Markdown."""
    with record_changes():
        correction: Correction = create(Correction, item=item, date=date)
        write_texts(correction, {language: {"note": note} for language, note in notes.items()})
    return correction


def save_references(item: Item, rows: Iterable[Reference], deleted: Iterable[Reference] = ()) -> None:
    """Save and delete references of an item. Numbers may be exchanged between rows."""
    rows = list(rows)
    with record_changes() as change:
        for row in deleted:
            row.delete()
        existing = [row.pk for row in rows if row.pk]
        item.references.filter(pk__in=existing).update(number=F("number") + RENUMBERING_OFFSET)
        for row in rows:
            row.save()
        change.add(Item, [item.pk])


def add_figure(item: Item, role: str, texts: Texts, *, number: int = 1, picture: BinaryIO | None = None) -> Figure:
    """Add a poster or figure with its captions and text alternatives.

    Without `picture` it stands for a picture that the source lacks. Raises ValidationError if `picture` is not a
    picture of a supported format and size.
    """
    from digest.archive.picture_encoding import encode_picture  # imports Pillow, which public pages do not need

    with record_changes():
        figure = Figure(item=item, role=role, number=number)
        if picture is None:
            save(figure)
        else:
            figure.picture.save("picture.webp", encode_picture(picture), save=False)
            save_picture(figure)
        write_texts(figure, texts)
    return figure


def save_picture(figure: Figure) -> None:
    """Save a figure with a new picture, make its renditions, and delete the files of the old picture.

    Raises OSError, with nothing stored, if the disk is full.
    """
    from digest.archive.picture_encoding import make_renditions

    with record_changes():
        delete_pictures_on_commit(Figure.objects.filter(pk=figure.pk))
        save(figure)
        if not figure.picture:
            return
        storage, name = figure.picture.storage, str(figure.picture.name)
        try:
            make_renditions(storage, name)
        except OSError:
            delete_picture_files(storage, name)
            raise
