"""Unpublished content is not visible on any page, in any HTML, or at its own URL."""

import pytest
from django.test import Client

from digest.archive.models import Item, ItemTopic
from tests import factories as make
from tests.factories import announce_change
from tests.sample_archive import CODES, KINDS, SampleArchive, parse_page

pytestmark = pytest.mark.django_db
every_language = pytest.mark.parametrize("code", CODES)
HUSH = "HUSH"  # in all unpublished texts
TEXTS = {
    "zh-hant": {"title": f"{HUSH}未定稿", "summary": f"{HUSH}摘要", "abstract": f"{HUSH}全文"},
    "en": {"title": f"{HUSH} draft", "summary": f"{HUSH} summary", "abstract": f"{HUSH} abstract"},
}


class HiddenContent:
    """Drafts with all kinds of relations to published content."""

    def __init__(self, editable_archive: SampleArchive) -> None:
        issue_texts = {c: {"title": HUSH, "intro": HUSH, "themes": HUSH, "programme_note": HUSH} for c in CODES[::2]}
        self.source = make.make_source(f"{HUSH} Press", name_zh=f"{HUSH}社", url="https://hush.example/")
        self.issue = make.make_issue("18", published=False, texts=issue_texts)
        self.items = [
            make.make_item(kind, published=False, texts=TEXTS, source=self.source, doi=f"10.1/hush.{kind}")
            for kind in KINDS
        ]
        for position, item in enumerate(self.items):
            # Half of the drafts are in the unpublished issue, the other half in the published one.
            issue = editable_archive.issue if position % 2 else self.issue
            make.make_placement(item, issue, position=position)
            self.relate(item, editable_archive)
        self.later = make.make_placement(editable_archive.items["data"], self.issue, "look_back", position=99)
        self.poster = make.make_figure(self.items[-1])
        announce_change([*self.items, editable_archive.items["data"]], [self.issue])

    def relate(self, item: Item, editable_archive: SampleArchive) -> None:
        ItemTopic.objects.create(content_object=item, tag=editable_archive.topic)
        item.further_reading.add(editable_archive.collection)
        item.related.add(editable_archive.items["research"])
        make.make_correction(item, HUSH)
        make.make_link(item, url="https://hush.example/paper", label=HUSH)

    def paths(self) -> list[str]:
        """Return the paths after the language."""
        issues = ["issues/18/", "issues/18/bilingual/", f"sources/{self.source.slug}/"]
        return [*issues, *(f"items/{item.pk}/" for item in self.items)]


@pytest.fixture(scope="module")
def hidden(sample_archive: SampleArchive, django_db_blocker: object) -> HiddenContent:
    with django_db_blocker.unblock():
        return HiddenContent(sample_archive)


def crawl(client: Client, start: str) -> dict[str, str]:
    """Return the HTML of all pages that can be reached, by path."""
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in found and not path.startswith(("/static/", "/pictures/")):
            response = client.get(path)
            assert response.status_code == 200, path
            found[path] = response.content.decode()
            waiting += parse_page(found[path]).internal_paths
    return found


@every_language
def test_no_page_mentions_it_or_links_to_it(
    client: Client, sample_archive: SampleArchive, hidden: HiddenContent, code: str
) -> None:
    secret = {f"/{c}/{address}" for c in CODES for address in hidden.paths()}
    pages = crawl(client, f"/{code}/")
    assert len(pages) >= 3 * len(sample_archive.paths())
    for path, text in pages.items():
        assert HUSH.lower() not in text.lower(), path
        assert not [address for address in secret if address in text], path
        assert str(hidden.poster.picture.name).removesuffix(".webp").rpartition("/")[2] not in text, path
        assert ">18<" not in text, path


@every_language
def test_its_own_urls_are_not_found(
    client: Client, sample_archive: SampleArchive, hidden: HiddenContent, code: str
) -> None:
    for address in hidden.paths():
        response = client.get(f"/{code}/{address}")
        assert response.status_code == 404, address
        assert response.headers["Content-Language"].lower() == code
        assert HUSH not in response.content.decode()


def test_its_pictures_are_not_found(client: Client, sample_archive: SampleArchive, hidden: HiddenContent) -> None:
    for width in hidden.poster.widths:
        assert client.get(hidden.poster.address_of(width)).status_code == 404


@every_language
def test_it_is_not_counted(client: Client, sample_archive: SampleArchive, hidden: HiddenContent, code: str) -> None:
    topic = client.get(f"/{code}/{sample_archive.paths()['topic']}")
    assert topic.context["timeline"].total == 7  # five kinds, and one item in two issues
    assert len(topic.context["page"].rows) == 6
    item = client.get(f"/{code}/{sample_archive.paths()['data']}")
    assert [placement.issue.number for placement in item.context["placements"]] == ["17"]
    issue = client.get(f"/{code}/issues/17/")
    assert issue.context["following"] is None


def test_signed_in_editors_do_not_see_it_either(
    admin_client: Client, sample_archive: SampleArchive, hidden: HiddenContent
) -> None:
    assert admin_client.get("/en/issues/18/").status_code == 404
    assert HUSH not in admin_client.get("/en/issues/17/").content.decode()
