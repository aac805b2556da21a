"""The number of queries of a page does not depend on the amount of content."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from digest.archive.models import ItemTopic, Topic
from tests import factories as make
from tests.factories import announce_change
from tests.sample_archive import CODES

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
MAX_QUERIES = 8
MAX_QUERIES_UNCACHED = 16  # without cached fragments
MAX_QUERIES_LIST = 12


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


@pytest.mark.parametrize("path", ["", "issues/17/", "issues/17/bilingual/"])
@pytest.mark.parametrize("code", CODES)
def test_an_issue_of_60_items_takes_no_more_queries_than_one_of_6(client: Client, code: str, path: str) -> None:
    issue = make.make_full_issue("17", 6)
    address = f"/{code}/{path}"
    few = queries(client, address), queries(client, address)
    more = [make.make_item() for _ in range(54)]
    for position, item in enumerate(more, 10):
        make.make_placement(item, issue, position=position)
    announce_change(more, [issue])
    assert (queries(client, address), queries(client, address)) == few
    assert few[0] <= MAX_QUERIES_UNCACHED and few[1] <= MAX_QUERIES


def test_look_backs_take_no_more_queries(client: Client) -> None:
    issue = make.make_full_issue("17", 6)
    few = queries(client, "/en/issues/17/")
    items = [make.make_item() for _ in range(20)]
    for position, item in enumerate(items, 20):
        home = make.make_issue(str(position), date=None, record="partial", texts={})
        make.make_placement(item, home)
        make.make_placement(item, issue, "look_back", position=position)
    announce_change(items, [issue])
    assert queries(client, "/en/issues/17/") == few


@pytest.mark.parametrize("page", [1, 2])
def test_a_list_of_300_items_takes_no_more_queries_than_one_of_30(client: Client, page: int) -> None:
    source, place = make.make_source(), make.make_place()
    topic = make.make_topic("Paddies")
    for name in ("Broad", "Narrow"):
        make.make_topic(name)
    topic.broader.add(Topic.objects.get(name="Broad"))
    topic.narrower.add(Topic.objects.get(name="Narrow"))
    paths = ["sections/news/", f"sources/{source.slug}/", f"topics/{topic.slug}/"]

    def add(count: int) -> list[int]:
        for _ in range(count):
            item = make.make_item("news", source=source)
            item.places.add(place)
            ItemTopic.objects.create(content_object=item, tag=topic)
        return [queries(client, f"/en/{path}?page={page}") for path in paths]

    few = add(30)
    assert add(270) == few
    assert max(few) <= MAX_QUERIES_LIST


def test_the_events_take_a_fixed_number_of_queries(client: Client) -> None:
    def add(count: int) -> int:
        for day in range(count):
            make.make_item("event", date=dt.date(2020, 1, 1) + dt.timedelta(day))
            make.make_item("event", date=dt.date(2099, 1, 1) + dt.timedelta(day))
        return queries(client, "/en/events/")

    few = add(3)
    assert add(60) == few <= MAX_QUERIES_LIST


def test_an_item_takes_a_fixed_number_of_queries(client: Client) -> None:
    item = make.make_item()

    def add(count: int) -> int:
        for _ in range(count):
            other = make.make_item("news", source=make.make_source())
            item.related.add(other)
            make.make_link(item)
            make.make_correction(item)
            make.make_topic(f"Topic {other.pk}", items=[item])
            make.make_placement(item, make.make_issue(str(other.pk + 20)), "look_back")
        return queries(client, f"/en/items/{item.pk}/")

    few = add(1)
    assert add(9) == few
