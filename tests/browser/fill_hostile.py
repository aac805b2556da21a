"""Fill an empty portal with attack payloads in all text fields of all rows. Prints the paths of pages."""

import datetime as dt
import json
import sys
from collections.abc import Iterator
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402  after Django is set up
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import models, transaction  # noqa: E402
from django.utils import translation  # noqa: E402

from digest.archive import authoring  # noqa: E402
from digest.archive import models as archive  # noqa: E402
from digest.archive.models import TranslationBase  # noqa: E402
from digest.archive.picture_encoding import make_renditions  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.browser.payloads import PAYLOADS  # noqa: E402
from tests.factories import announce_change  # noqa: E402

PICTURE = "pictures/x.webp"
PASSWORD = "a-long-password"
TEXT_FIELDS = (models.CharField, models.TextField)
NOT_FREE = {"language", "origin", "translated_from", "source_digest", "title_key", "slug", "number", "kind"}


def fields_of(model: type[models.Model]) -> Iterator[str]:
    """Yield the names of all text fields of a model."""
    for field in model._meta.fields:
        is_text = isinstance(field, TEXT_FIELDS) and not field.choices and field.editable
        if is_text and not field.primary_key and field.name not in NOT_FREE:
            yield field.name


def insert_payload(row: models.Model, payload: str, **others: str) -> None:
    """Put the payload into all text fields of a row, truncated to their maximum length."""
    values = {name: payload[: row._meta.get_field(name).max_length] for name in fields_of(type(row))}
    for name, value in (values | others).items():
        setattr(row, name, value)
    row.save()


def translate(model: type[TranslationBase], owner: models.Model, payload: str) -> None:
    for language in ("zh-hant", "en"):
        model.objects.filter(owner=owner, language=language).delete()
        insert_payload(model(owner=owner, language=language), payload)
    authoring.convert_scripts(owner)


def make_item(payload: str, count: int, kind: str) -> archive.Item:
    source = archive.Source(slug=f"{kind}-{count}")
    insert_payload(source, payload)
    translate(archive.SourceTranslation, source, payload)
    item = archive.Item(
        kind=kind,
        source=source,
        date=dt.date(2024, 5, 1),
        state="published",
        published_at=make.PUBLISHED,
        updated_at=make.PUBLISHED,
    )
    insert_payload(item, payload, doi=f"{count}.{kind}{payload}"[:200])
    translate(archive.ItemTranslation, item, payload)
    translate(archive.CorrectionTranslation, archive.Correction.objects.create(item=item, date=item.date), payload)
    for role in archive.Link.Role.values:
        insert_payload(archive.Link(item=item, role=role), payload)
    return item


def place(payload: str, item: archive.Item, issue: archive.Issue, role: str) -> None:
    placement = make.make_placement(item, issue, role, position=item.pk % 1000)
    translate(archive.PlacementTranslation, placement, payload)


def make_topic(payload: str, count: int, items: list[archive.Item]) -> archive.Topic:
    topic = archive.Topic(slug=f"topic-{count}", facet="collection" if count % 2 else "land", agrovoc_match="exact")
    insert_payload(topic, payload, name=f"{count}{payload}"[:100])
    translate(archive.TopicTranslation, topic, payload)
    for item in items:
        archive.ItemTopic.objects.create(content_object=item, tag=topic)
        item.further_reading.add(topic)
    return topic


def make_all(payload: str, count: int, before: dict[str, Any]) -> dict[str, Any]:
    """Create all kinds of rows with one payload, related to those in `before`."""
    issue = make.make_issue(str(count), texts={}, remainder=payload)
    translate(archive.IssueTranslation, issue, payload)
    item, event = make_item(payload, count, "research"), make_item(payload, count, "event")
    place(payload, item, issue, "new")
    place(payload, event, issue, "promoted")
    for owner, role in ((event, "poster"), (event, "figure"), (item, "figure")):
        picture = PICTURE if role == "poster" else ""
        figure = archive.Figure.objects.create(item=owner, role=role)
        archive.Figure.objects.filter(pk=figure.pk).update(picture=picture, width=900, height=600)
        translate(archive.FigureTranslation, figure, payload)
    insert_payload(archive.Reference(item=item, number=1), payload)
    topic = make_topic(payload, count, [item, event])
    item.related.add(event)
    if before:
        place(payload, before["item"], issue, "look_back")
        topic.broader.add(before["topic"])
    announce_change([item, event, *([before["item"]] if before else [])], [issue])
    return {"issue": issue, "item": item, "event": event, "topic": topic, "source": item.source}


def addresses(made: dict[str, Any]) -> dict[str, str]:
    """Return the paths of pages after the language, by name."""
    with translation.override("en"):
        paths = {name: row.get_absolute_url().removeprefix("/en/") for name, row in made.items()}
    return paths | {"bilingual": f"{paths['issue']}bilingual/"}


def main(every: int) -> None:
    """Use one payload in `every`."""
    settings.SIMPLE_HISTORY_ENABLED = False  # not needed here, and takes half the time
    call_command("migrate", verbosity=0)
    default_storage.save(PICTURE, ContentFile(make.make_picture()))
    make_renditions(default_storage, PICTURE)
    with transaction.atomic():
        get_user_model().objects.create_superuser("editor", password=PASSWORD)
        made: list[dict[str, Any]] = [{}]
        for count, payload in enumerate(PAYLOADS[::every], 1):
            made.append(make_all(payload, count, made[-1]))
    json.dump({"made": [addresses(rows) for rows in made[1:]], "paths": {}}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
