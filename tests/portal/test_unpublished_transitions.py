"""Publishing shows and withdrawing hides: an issue, its items, their pictures."""

import pytest
from django.test import Client
from django.utils import timezone

from digest.archive import authoring
from digest.archive.models import Issue, Withdrawal
from tests import factories as make
from tests.portal.reading_room import Room

pytestmark = pytest.mark.django_db


def statuses(client: Client, *paths: str) -> list[int]:
    return [client.get(path).status_code for path in paths]


def test_publishing_an_issue_shows_it_and_its_items(client: Client) -> None:
    issue = make.make_full_issue("3", 2, published=False)
    item = issue.items.first()
    paths = ("/en/issues/3/", "/en/issues/3/bilingual/", f"/en/items/{item.pk}/")
    assert statuses(client, *paths) == [404, 404, 404]
    authoring.publish_issue(issue)
    assert statuses(client, *paths) == [200, 200, 200]


def test_withdrawing_an_issue_hides_it_and_what_only_it_shows(client: Client, room: Room) -> None:
    own, shared = room.items["news"], room.items["data"]
    make.make_placement(shared, make.make_issue("18"), "look_back")
    authoring.withdraw_issue(room.issue)
    paths = ("/en/issues/17/", f"/en/items/{own.pk}/", f"/en/items/{shared.pk}/", "/en/issues/18/")
    assert statuses(client, *paths) == [404, 404, 200, 200]
    assert client.get("/en/").context["issue"].number == "18"


def test_a_look_back_at_a_withdrawn_issue_leads_nowhere(client: Client, room: Room) -> None:
    Issue.objects.filter(pk=room.earlier.pk).withdraw(timezone.now(), Withdrawal.BY_ITSELF)
    page = client.get("/en/issues/17/").content.decode()
    assert f"item-{room.looked_back_at.pk}" in page
    assert "/issues/13-2/" not in page


def test_withdrawing_an_item_hides_it_and_its_picture(client: Client, room: Room) -> None:
    path, picture = f"/en/items/{room.promoted.pk}/", room.poster.address
    assert statuses(client, path, picture) == [200, 200]
    authoring.withdraw_items([room.promoted.pk])
    assert statuses(client, path, picture) == [404, 404]
    assert f"/items/{room.promoted.pk}/" not in client.get("/en/issues/17/").content.decode()


def test_a_source_is_there_while_something_of_it_is(client: Client, room: Room) -> None:
    path = f"/en/sources/{room.source.slug}/"
    for item in room.source.items.all():
        assert statuses(client, path) == [200]
        authoring.withdraw_items([item.pk])
    assert statuses(client, path) == [404]
