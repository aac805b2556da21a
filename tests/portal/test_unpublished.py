"""What is not published is nowhere to be seen: not on a page, not in its code, not at its own address."""

import pytest
from django.test import Client

from digest.archive.models import Item, ItemTopic
from tests import factories as make
from tests.factories import announce_change
from tests.portal.reading_room import CODES, KINDS, Room, read

pytestmark = pytest.mark.django_db
every_language = pytest.mark.parametrize("code", CODES)
HUSH = "HUSH"  # in every text that nobody may see
TEXTS = {
    "zh-hant": {"title": f"{HUSH}未定稿", "summary": f"{HUSH}摘要", "abstract": f"{HUSH}全文"},
    "en": {"title": f"{HUSH} draft", "summary": f"{HUSH} summary", "abstract": f"{HUSH} abstract"},
}


class Hidden:
    """Drafts tied to published things in every way there is."""

    def __init__(self, room: Room) -> None:
        issue_texts = {c: {"title": HUSH, "intro": HUSH, "themes": HUSH, "programme_note": HUSH} for c in CODES[::2]}
        self.source = make.make_source(f"{HUSH} Press", name_zh=f"{HUSH}社", url="https://hush.example/")
        self.issue = make.make_issue("18", published=False, texts=issue_texts)
        self.items = [
            make.make_item(kind, published=False, texts=TEXTS, source=self.source, doi=f"10.1/hush.{kind}")
            for kind in KINDS
        ]
        for position, item in enumerate(self.items):
            # One half waits in the unpublished issue, the other half in the published one.
            issue = room.issue if position % 2 else self.issue
            make.make_placement(item, issue, position=position)
            self.tie(item, room)
        self.later = make.make_placement(room.items["data"], self.issue, "look_back", position=99)
        self.poster = make.make_figure(self.items[-1])
        announce_change([*self.items, room.items["data"]], [self.issue])

    def tie(self, item: Item, room: Room) -> None:
        ItemTopic.objects.create(content_object=item, tag=room.topic)
        item.further_reading.add(room.collection)
        item.related.add(room.items["research"])
        make.make_correction(item, HUSH)
        make.make_link(item, url="https://hush.example/paper", label=HUSH)

    def addresses(self) -> list[str]:
        """After the language."""
        issues = ["issues/18/", "issues/18/bilingual/", f"sources/{self.source.slug}/"]
        return [*issues, *(f"items/{item.pk}/" for item in self.items)]


@pytest.fixture(scope="module")
def hidden(archive: Room, django_db_blocker: object) -> Hidden:
    with django_db_blocker.unblock():
        return Hidden(archive)


def crawl(client: Client, start: str) -> dict[str, str]:
    """All pages that can be reached, by address."""
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in found and not path.startswith(("/static/", "/pictures/")):
            response = client.get(path)
            assert response.status_code == 200, path
            found[path] = response.content.decode()
            waiting += read(found[path]).inner
    return found


@every_language
def test_no_page_speaks_of_it_or_leads_to_it(client: Client, archive: Room, hidden: Hidden, code: str) -> None:
    secret = {f"/{c}/{address}" for c in CODES for address in hidden.addresses()}
    pages = crawl(client, f"/{code}/")
    assert len(pages) >= 3 * len(archive.paths())
    for path, text in pages.items():
        assert HUSH.lower() not in text.lower(), path
        assert not [address for address in secret if address in text], path
        assert str(hidden.poster.picture.name).removesuffix(".webp").rpartition("/")[2] not in text, path
        assert ">18<" not in text, path


@every_language
def test_its_own_addresses_are_not_there(client: Client, archive: Room, hidden: Hidden, code: str) -> None:
    for address in hidden.addresses():
        response = client.get(f"/{code}/{address}")
        assert response.status_code == 404, address
        assert response.headers["Content-Language"].lower() == code
        assert HUSH not in response.content.decode()


def test_its_pictures_are_not_there(client: Client, archive: Room, hidden: Hidden) -> None:
    for width in hidden.poster.widths:
        assert client.get(hidden.poster.address_of(width)).status_code == 404


@every_language
def test_published_neighbours_do_not_count_it(client: Client, archive: Room, hidden: Hidden, code: str) -> None:
    topic = client.get(f"/{code}/{archive.paths()['topic']}")
    assert topic.context["timeline"].total == 7  # five kinds, and one item in two issues
    assert len(topic.context["page"].rows) == 6
    item = client.get(f"/{code}/{archive.paths()['data']}")
    assert [placement.issue.number for placement in item.context["placements"]] == ["17"]
    issue = client.get(f"/{code}/issues/17/")
    assert issue.context["following"] is None


def test_an_editor_who_has_signed_in_sees_no_more(admin_client: Client, archive: Room, hidden: Hidden) -> None:
    assert admin_client.get("/en/issues/18/").status_code == 404
    assert HUSH not in admin_client.get("/en/issues/17/").content.decode()
