"""Functions that create rows for tests, with texts in Traditional Chinese and English."""

import datetime as dt
import itertools
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import (
    Correction,
    Figure,
    Issue,
    Item,
    ItemTopic,
    Link,
    Place,
    Placement,
    Source,
    Topic,
)
from digest.archive.picture_encoding import make_renditions
from digest.subscriptions.models import Subscriber

PUBLISHED = dt.datetime(2024, 8, 30, 8, 0, tzinfo=dt.UTC)
Texts = dict[str, dict[str, str]]  # language code -> field -> text
_counter = itertools.count(1)


def make_issue(number: str = "17", *, published: bool = True, texts: Texts | None = None, **fields: Any) -> Issue:
    """Create an issue with a title, an introduction and themes."""
    fields.setdefault("date", dt.date(2024, 8, 30))
    issue = Issue.objects.create(number=number, **state_of(published), **fields)
    authoring.write_texts(issue, texts if texts is not None else _issue_texts(number))
    return issue


def make_item(kind: str = "research", *, published: bool = True, texts: Texts | None = None, **fields: Any) -> Item:
    """Create an item with a title and a summary that contain a unique number."""
    count = next(_counter)
    fields.setdefault("date", dt.date(2024, 5, 1))
    item = Item.objects.create(kind=kind, **state_of(published), **fields)
    authoring.write_texts(item, texts if texts is not None else _item_texts(count))
    return item


def make_placement(item: Item, issue: Issue, role: str = "new", **fields: Any) -> Placement:
    """Place an item in an issue, by default as new in the section of its kind."""
    fields.setdefault("section", item.kind)
    return Placement.objects.create(item=item, issue=issue, role=role, **fields)


def make_source(name: str = "Journal of Quiet Soils", *, name_zh: str = "靜土學報", **fields: Any) -> Source:
    source = Source.objects.create(**fields)
    authoring.write_texts(source, {"en": {"name": name}, "zh-hant": {"name": name_zh}})
    return source


def make_topic(
    label: str = "Paddy soils", *, label_zh: str = "水田土壤", items: list[Item] | None = None, **fields: Any
) -> Topic:
    """Create a topic with labels and definitions, and add it to `items`."""
    topic = Topic.objects.create(name=label, **fields)
    texts = {
        "en": {"label": label, "definition": f"{label}: what the word means here."},
        "zh-hant": {"label": label_zh, "definition": f"{label_zh}在本站的意思。"},
    }
    authoring.write_texts(topic, texts)
    for item in items or []:
        ItemTopic.objects.create(content_object=item, tag=topic)
    return topic


def make_link(item: Item, role: str = "original", url: str = "https://example.org/paper", **fields: Any) -> Link:
    return Link.objects.create(item=item, role=role, url=url, **fields)


def make_place(code: str = "TW") -> Place:
    return Place.objects.get_or_create(code=code)[0]


def make_correction(item: Item, note: str = "The year was wrong.", **fields: Any) -> Correction:
    fields.setdefault("date", dt.date(2024, 9, 9))
    correction = Correction.objects.create(item=item, **fields)
    authoring.write_texts(correction, {"en": {"note": note}, "zh-hant": {"note": "年份有誤，已更正。"}})
    return correction


def make_figure(
    item: Item, role: str = "poster", *, size: tuple[int, int] | None = (900, 600), **fields: Any
) -> Figure:
    """Create a figure with a caption and alternative text. `size` is in pixels, or None for no picture."""
    figure = Figure.objects.create(item=item, role=role, **fields)
    if size:
        figure.picture.save("any.webp", ContentFile(make_picture(size), name="any.webp"))
        make_renditions(figure.picture.storage, figure.picture.name)
    texts = {
        "en": {"caption": "A field in June", "alternative": "A green field under a grey sky"},
        "zh-hant": {"caption": "六月的田", "alternative": "灰色天空下的一片綠田"},
    }
    authoring.write_texts(figure, texts)
    return figure


def make_picture(size: tuple[int, int] = (900, 600), kind: str = "WEBP") -> bytes:
    """Return an encoded picture of one colour."""
    out = BytesIO()
    Image.new("RGB", size, (90, 130, 80)).save(out, kind)
    return out.getvalue()


def make_full_issue(number: str = "17", blocks: int = 6, *, published: bool = True, **fields: Any) -> Issue:
    """Create an issue with `blocks` new items of all five kinds."""
    issue = make_issue(number, published=published, **fields)
    items = []
    for position in range(blocks):
        item = make_item(("research", "news", "policy", "data", "event")[position % 5], published=published)
        make_placement(item, issue, position=position)
        items.append(item)
    announce_change(items, [issue])
    return issue


def announce_change(items: Iterable[Item] = (), issues: Iterable[Issue] = ()) -> None:
    """Record rows as changed, as authoring functions do, for rows that a test has changed itself."""
    with record_changes() as change:
        change.add(Item, [item.pk for item in items])
        change.add(Issue, [issue.pk for issue in issues])


def state_of(published: bool) -> dict[str, Any]:
    """Return the fields of a published or draft row."""
    times = {"published_at": PUBLISHED, "updated_at": PUBLISHED}
    return {"state": "published", **times} if published else {"state": "draft"}


def _issue_texts(number: str) -> Texts:
    return {
        "zh-hant": {"title": f"測試電子報第{number}期", "intro": "本期談水田與堆肥。", "themes": "水田\n堆肥"},
        "en": {
            "title": f"Test digest {number}",
            "intro": "This issue is about paddies and compost.",
            "themes": "Paddies",
        },
    }


def _item_texts(count: int) -> Texts:
    return {
        "zh-hant": {"title": f"水田試驗之{count}", "summary": f"第{count}塊水田少灌一次水。"},
        "en": {"title": f"Paddy trial {count}", "summary": f"Field {count} was watered once less."},
    }


def make_subscriber(
    address: str = "anna@farm.example", state: str = "active", language: str = "zh-hant", **fields: Any
) -> Subscriber:
    """Create a subscriber. `fields` are such as sections="news,data", topics="3,7" or rhythm="monthly"."""
    fields.setdefault("confirmed_at", PUBLISHED if state != "pending" else None)
    if state not in ("pending", "active"):
        fields.setdefault("ended_at", PUBLISHED)
    key = address.lower() if state != "erased" else None
    stored = address if state != "erased" else ""
    return Subscriber.objects.create(address=stored, address_key=key, state=state, language=language, **fields)
