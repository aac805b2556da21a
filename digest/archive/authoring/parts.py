"""What hangs on an item: links, references, pictures and corrections."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import BinaryIO

from django.db.models import F

from digest.archive.authoring.rows import create, delete, save
from digest.archive.authoring.storage import discard_pictures
from digest.archive.authoring.texts import write_texts
from digest.archive.changes import recording
from digest.archive.models import Correction, Figure, Item, Link, Reference
from digest.archive.pictures import discard

Texts = Mapping[str, Mapping[str, str]]  # language code -> field -> text
STEP_ASIDE = 20_000  # above the number of any reference, within what its field holds


def set_links(item: Item, links: Iterable[Mapping[str, str]]) -> bool:
    """Replace an item's links, in this order (`role`, `label`, `url`); rows that stay the same keep their revisions.

    Returns whether anything differs.
    """
    with recording():
        free = list(item.links.all())
        changed = False
        for position, wanted in enumerate(links):
            values = {"label": "", "url": "", **wanted, "position": position}
            row = next((row for row in free if (row.role, row.label) == (values["role"], values["label"])), None)
            if row is None:
                create(Link, item=item, **values)
                changed = True
                continue
            free.remove(row)
            if (row.url, row.position) != (values["url"], position):
                row.url, row.position = str(values["url"]), position
                save(row, ["url", "position"])
                changed = True
        delete(free)
    return changed or bool(free)


def correct(item: Item, date: dt.date, notes: Mapping[str, str]) -> Correction:
    """Add a public, dated note to an item (language code -> note in Markdown)."""
    with recording():
        correction: Correction = create(Correction, item=item, date=date)
        write_texts(correction, {language: {"note": note} for language, note in notes.items()})
    return correction


def save_references(item: Item, rows: Iterable[Reference], deleted: Iterable[Reference] = ()) -> None:
    """Save references as they are given, and delete others; they may be renumbered in one go."""
    rows = list(rows)
    with recording() as change:
        for row in deleted:
            row.delete()
        numbers = [row.pk for row in rows if row.pk]
        item.references.filter(pk__in=numbers).update(number=F("number") + STEP_ASIDE)
        for row in rows:
            row.save()
        change.add(Item, [item.pk])


def add_figure(item: Item, role: str, texts: Texts, *, number: int = 1, picture: BinaryIO | None = None) -> Figure:
    """A poster or figure with captions and text alternatives; without a picture, the slot of one that was lost.

    Raises ValidationError for what is no picture that the portal shows.
    """
    from digest.archive.picture_encoding import encode_anew  # megabytes that readers do not need

    with recording():
        figure = Figure(item=item, role=role, number=number)
        if picture is None:
            save(figure)
        else:
            figure.picture.save("picture.webp", encode_anew(picture), save=False)
            save_picture(figure)
        write_texts(figure, texts)
    return figure


def save_picture(figure: Figure) -> None:
    """Save a figure whose picture is new, with its smaller renditions; the old picture goes.

    Raises OSError, with nothing stored, where the disk has no room.
    """
    from digest.archive.picture_encoding import make_renditions

    with recording():
        discard_pictures(Figure.objects.filter(pk=figure.pk))
        save(figure)
        if not figure.picture:
            return
        storage, name = figure.picture.storage, str(figure.picture.name)
        try:
            make_renditions(storage, name)
        except OSError:
            discard(storage, name)
            raise
