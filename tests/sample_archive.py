"""A small archive with all kinds of content, the URLs of its pages, and a parser of their HTML."""

import datetime as dt
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from digest.archive.models import Figure, Issue, Item, Reference, Source, Topic
from digest.common.languages import LANGUAGES
from tests import factories as make
from tests.factories import announce_change

CODES = tuple(LANGUAGES)
KINDS = ("research", "news", "policy", "data", "event")
SITE = "http://testserver"
BODY = "## Why\n\nText.[^1] Cited [@1].\n\n## How\n\n[[figure:1]]\n\n[^1]: A note."


@dataclass
class SampleArchive:
    """The content of the sample archive."""

    issue: Issue
    earlier: Issue  # a partial issue, known from a look-back
    items: dict[str, Item]  # by kind
    promoted: Item
    looked_back_at: Item
    topic: Topic
    collection: Topic
    source: Source
    poster: Figure

    def paths(self) -> dict[str, str]:
        """Return the path after `/<lang>/` of each kind of page, by name."""
        return {
            "home": "",
            "issues": "issues/",
            "issue": "issues/17/",
            "partial issue": "issues/13-2/",
            "bilingual": "issues/17/bilingual/",
            **{kind: f"items/{item.pk}/" for kind, item in self.items.items()},
            "promoted": f"items/{self.promoted.pk}/",
            "looked back at": f"items/{self.looked_back_at.pk}/",
            **{f"section {kind}": f"sections/{kind}/" for kind in KINDS[:4]},
            "events": "events/",
            "topics": "topics/",
            "about": "about/",
            "topic": f"topics/{self.topic.slug}/",
            "collection": f"topics/{self.collection.slug}/",
            "source": f"sources/{self.source.slug}/",
        }


PAGES = (
    *("home", "issues", "issue", "partial issue", "bilingual", *KINDS, "promoted", "looked back at"),
    *(*(f"section {kind}" for kind in KINDS[:4]), "events", "topics", "topic", "collection", "source"),
)


def make_sample_archive() -> SampleArchive:
    """Create the sample archive and record its content as changed."""
    source = make.make_source()
    earlier = make.make_issue("13-2", date=None, record="partial", texts={})
    issue = make.make_issue("17")
    items = {kind: make.make_item(kind, source=source) for kind in KINDS}
    promoted, old = make.make_item("event", date=dt.date(2024, 10, 16)), make.make_item("news")
    for position, (kind, item) in enumerate(items.items()):
        make.make_placement(item, issue, position=position, focus=kind in ("research", "news"))
        make.make_link(item, url=f"https://example.org/{kind}")
        item.places.add(make.make_place())
    make.make_placement(promoted, issue, "promoted", position=90)
    make.make_placement(old, earlier)
    make.make_placement(old, issue, "look_back", position=91)
    topic = make.make_topic(items=[*items.values(), old])
    collection = make.make_topic("Read on about compost", label_zh="堆肥延伸閱讀", facet="collection")
    _add_optional_parts(items["research"], promoted, collection)
    poster = make.make_figure(promoted)
    announce_change([*items.values(), promoted, old], [issue, earlier])
    return SampleArchive(issue, earlier, items, promoted, old, topic, collection, source, poster)


def _add_optional_parts(item: Item, event: Item, collection: Topic) -> None:
    """Add every optional part to one item."""
    english = item.translations.get(language="en")
    english.body, english.abstract = BODY, "Short.[^a]\n\n[^a]: Noted."
    english.save()
    Reference.objects.create(item=item, number=1, text="Someone (2020). Something.")
    make.make_figure(item, "figure")
    make.make_correction(item)
    make.make_link(item, "data", "")
    item.related.add(event)
    item.further_reading.add(collection)


@dataclass
class Page:
    """The elements of a page that tests check."""

    text: str
    title: str = ""
    meta: dict[str, str] = field(default_factory=dict)  # by name or property
    links: list[dict[str, str]] = field(default_factory=list)  # <link> elements
    anchors: list[dict[str, str]] = field(default_factory=list)  # <a> elements
    images: list[dict[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lang: str = ""
    json_ld: list[Any] = field(default_factory=list)

    @property
    def canonical(self) -> str:
        return next(link["href"] for link in self.links if link.get("rel") == "canonical")

    @property
    def alternates(self) -> dict[str, str]:
        return {link["hreflang"]: link["href"] for link in self.links if link.get("rel") == "alternate"}

    @property
    def internal_paths(self) -> set[str]:
        """Paths on this site that the page links to, without fragments."""
        return {a["href"].partition("#")[0] for a in self.anchors if a.get("href", "").startswith("/")}


class _PageParser(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.current_tag = page, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.current_tag = "json" if values.get("type") == "application/ld+json" else tag
        self.page.tags.append(tag)
        if "id" in values:
            self.page.ids.append(values["id"])
        match tag:
            case "html":
                self.page.lang = values.get("lang", "")
            case "meta":
                self.page.meta[values.get("name", values.get("property", ""))] = values.get("content", "")
            case "link" | "a" | "img":
                {"link": self.page.links, "a": self.page.anchors, "img": self.page.images}[tag].append(values)
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self.page.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        self.current_tag = ""

    def handle_data(self, data: str) -> None:
        if self.current_tag == "title":
            self.page.title += data
        if self.current_tag == "json":
            self.page.json_ld.append(json.loads(data))


def parse_page(html: bytes | str) -> Page:
    """Parse the HTML of a page."""
    text = html.decode() if isinstance(html, bytes) else html
    page = Page(text)
    _PageParser(page).feed(text)
    return page
