"""Publishing and withdrawing issues and items shows and hides their pages and pictures."""

import pytest
from django.test import Client
from django.utils import timezone

from digest.archive import authoring
from digest.archive.models import Issue, Withdrawal
from tests import factories as make
from tests.sample_archive import SampleArchive

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


def test_withdrawing_an_issue_hides_it_and_items_only_it_shows(
    client: Client, editable_archive: SampleArchive
) -> None:
    own, shared = editable_archive.items["news"], editable_archive.items["data"]
    make.make_placement(shared, make.make_issue("18"), "look_back")
    authoring.withdraw_issue(editable_archive.issue)
    paths = ("/en/issues/17/", f"/en/items/{own.pk}/", f"/en/items/{shared.pk}/", "/en/issues/18/")
    assert statuses(client, *paths) == [404, 404, 200, 200]
    assert client.get("/en/").context["issue"].number == "18"


def test_a_look_back_does_not_link_to_a_withdrawn_issue(client: Client, editable_archive: SampleArchive) -> None:
    Issue.objects.filter(pk=editable_archive.earlier.pk).withdraw(timezone.now(), Withdrawal.BY_ITSELF)
    page = client.get("/en/issues/17/").content.decode()
    assert f"item-{editable_archive.looked_back_at.pk}" in page
    assert "/issues/13-2/" not in page


def test_withdrawing_an_item_hides_it_and_its_picture(client: Client, editable_archive: SampleArchive) -> None:
    path, picture = f"/en/items/{editable_archive.promoted.pk}/", editable_archive.poster.address
    assert statuses(client, path, picture) == [200, 200]
    authoring.withdraw_items([editable_archive.promoted.pk])
    assert statuses(client, path, picture) == [404, 404]
    assert f"/items/{editable_archive.promoted.pk}/" not in client.get("/en/issues/17/").content.decode()


def test_a_source_has_a_page_while_it_has_published_items(client: Client, editable_archive: SampleArchive) -> None:
    path = f"/en/sources/{editable_archive.source.slug}/"
    for item in editable_archive.source.items.all():
        assert statuses(client, path) == [200]
        authoring.withdraw_items([item.pk])
    assert statuses(client, path) == [404]
