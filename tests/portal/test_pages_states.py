"""Pages in special states: empty, incomplete, moved."""

import pytest
from django.test import Client

from digest.archive import authoring
from tests.portal.reading_room import CODES, KINDS, Room, read

pytestmark = pytest.mark.django_db
every_language = pytest.mark.parametrize("code", CODES)


@every_language
def test_an_issue_with_nothing_in_it_says_so(client: Client, room: Room, code: str) -> None:
    room.earlier.placements.all().delete()
    page = read(client.get(f"/{code}/issues/13-2/").content)
    assert 'class="empty-message"' in page.text
    assert 'class="notice"' in page.text


@pytest.mark.parametrize("path", ["", "issues/", "events/", "topics/", *(f"sections/{kind}/" for kind in KINDS[:4])])
@every_language
def test_an_empty_archive_is_said_kindly(client: Client, path: str, code: str) -> None:
    response = client.get(f"/{code}/{path}")
    assert response.status_code == 200
    assert 'class="empty-message"' in response.content.decode()


@every_language
def test_what_is_missing_in_a_language_is_marked_with_its_own(client: Client, room: Room, code: str) -> None:
    room.items["news"].translations.exclude(language="en").delete()
    page = read(client.get(f"/{code}/items/{room.items['news'].pk}/").content)
    assert ('<h1 lang="en">' in page.text) == (code != "en")


@every_language
def test_a_topics_former_address_leads_to_it_for_good(client: Client, room: Room, code: str) -> None:
    old = room.topic.slug
    authoring.rename_topic(room.topic, "wet-soils")
    response = client.get(f"/{code}/topics/{old}/")
    assert (response.status_code, response["Location"]) == (301, f"/{code}/topics/wet-soils/")
