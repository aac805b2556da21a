"""Undated items outside issues, and pages with and without a contact address."""

import pytest
from django.test import Client

from digest.archive.models import Reference
from tests import factories as make

pytestmark = pytest.mark.django_db
HEADING = "Undated, not in any issue"


def undated(**values):
    return make.make_item("research", date=None, **values)


def test_an_undated_item_outside_issues_is_listed_once_and_first_in_its_section(client: Client) -> None:
    alone, dated = undated(), make.make_item("research")
    html = client.get("/en/sections/research/").content.decode()
    assert HEADING in html and html.count(f'id="item-{alone.pk}"') == 1
    assert html.index(f'id="item-{alone.pk}"') < html.index(f'id="item-{dated.pk}"')


def test_undated_items_in_issues_drafts_and_other_kinds_are_not_listed_there(client: Client) -> None:
    make.make_placement(undated(), make.make_issue())
    undated(published=False)
    make.make_item("news", date=None)
    assert HEADING not in client.get("/en/sections/research/").content.decode()


def test_they_are_under_the_heading_on_the_first_page_only(client: Client) -> None:
    alone = undated()
    for _ in range(20):
        make.make_item("research")
    first, last = (client.get(f"/en/sections/research/?page={n}").content.decode() for n in (1, 2))
    assert HEADING in first and HEADING not in last and f'id="item-{alone.pk}"' in last


@pytest.mark.parametrize("address", ["", "editors@example.org"])
def test_the_contact_link_is_shown_only_if_there_is_an_address(client: Client, settings, address: str) -> None:
    settings.CONTACT_EMAIL = address
    item = make.make_item("research", texts={"en": {"title": "A paper", "body": "## One\n\nText [@1]."}})
    Reference.objects.create(item=item, number=1)
    html = client.get(f"/en/items/{item.pk}/").content.decode()
    assert "We have left these gaps unfilled rather than guess." in html
    assert ("contact the editors" in html) == bool(address) == ("mailto:" in html)
