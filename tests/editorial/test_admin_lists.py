"""Lists and forms: fixed numbers of queries, search by every name, filters."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.archive import authoring
from digest.archive.models import Correction, Figure, Issue, Item, Place, Placement, Source, Topic
from tests import factories

pytestmark = pytest.mark.django_db


def make_archive(first: int, last: int) -> None:
    """Rows of every model, numbered."""
    issue = Issue.objects.filter(number="1").first() or factories.make_issue("1")
    for number in range(first, last + 1):
        item = factories.make_item(source=factories.make_source(f"Paper {number}", name_zh=f"報紙{number}"))
        factories.make_topic(f"Topic {number}", items=[item])
        factories.make_placement(item, issue, position=number)
        factories.make_issue(str(number + 1))
        factories.make_figure(item, size=None)
        factories.make_correction(item)


def queries(editor, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert editor.client.get(address).status_code == 200
    return len(caught)


LISTS = [Issue, Item, Topic, Source, Place, Figure, Correction, Placement]


def test_lists_take_as_many_queries_for_40_rows_as_for_10(editor):
    addresses = [f"/admin/archive/{model._meta.model_name}/?q=" for model in LISTS]
    addresses += [a + "%E6%B0%B4" for a in addresses]
    look_up = "/admin/autocomplete/?app_label=archive&model_name=placement&field_name="
    addresses += [look_up + field for field in ("item", "issue")]
    make_archive(1, 10)
    few = [queries(editor, address) for address in addresses]
    make_archive(11, 40)
    assert [queries(editor, address) for address in addresses] == few
    assert max(few) <= 20


def test_the_form_of_an_issue_takes_as_many_queries_for_60_items_as_for_6(editor):
    few, many = factories.make_full_issue("6", blocks=6), factories.make_full_issue("60", blocks=60)
    for issue in (few, many):
        editor.open(Issue, issue.pk)
    addresses = [f"/admin/archive/issue/{issue.pk}/change/" for issue in (few, many)]
    assert queries(editor, addresses[0]) == queries(editor, addresses[1]) <= 25


def found(editor, model, query) -> set:
    return set(editor.list(model, query).context["cl"].result_list)


@pytest.mark.parametrize("term", ["rice", "稻田", "稻田里", "10.1000/abc", "23", "Quiet Soils", "靜土"])
def test_an_item_is_found_by_title_in_any_writing_doi_issue_or_source(editor, term):
    texts = {"en": {"title": "Rice and carbon"}, "zh-hant": {"title": "稻田裡的碳"}}
    item = factories.make_item(texts=texts, doi="10.1000/abc", source=factories.make_source())
    factories.make_placement(item, factories.make_issue("23"))
    other = factories.make_item(texts={"en": {"title": "Wheat"}})
    assert other.pk != 23
    assert found(editor, Item, f"?q={term}") == {item}


@pytest.mark.parametrize("term", ["Quiet", "靜土", "journal-of", "Old name"])
def test_a_source_is_found_by_all_its_names(editor, term):
    source = factories.make_source(slug="journal-of-quiet-soils")
    source.translations.filter(language="en").update(other_names="Old name")
    factories.make_source("Other", name_zh="別的")
    assert found(editor, Source, f"?q={term}") == {source}


def test_a_topic_is_found_by_a_synonym_and_a_former_address(editor):
    topic = factories.make_topic()
    authoring.write_text(topic, "en", synonyms="Rice ground")
    authoring.rename_topic(topic, "second")
    for term in ("ground", "paddy-soils", "水田"):
        assert found(editor, Topic, f"?q={term}") == {topic}


@pytest.mark.parametrize("term", ["JP", "Japan", "日本"])
def test_a_place_is_found_by_its_names_though_they_are_not_in_the_database(editor, term):
    factories.make_place("TW")
    place = factories.make_place("JP")
    assert found(editor, Place, f"?q={term}") == {place}


def test_items_are_filtered_by_kind_issue_state_and_year(editor):
    issue = factories.make_issue("17")
    item = factories.make_item("news", date=dt.date(2023, 5, 1))
    factories.make_placement(item, issue)
    factories.make_item("policy", published=False, date=dt.date(2024, 5, 1))
    for query in ("?kind__exact=news", f"?issues__id__exact={issue.pk}", "?state=published", "?date__year=2023"):
        assert found(editor, Item, query) == {item}, query


def test_the_list_of_items_shows_source_home_and_languages(editor):
    item = factories.make_item(source=factories.make_source())
    factories.make_placement(item, factories.make_issue("13-2"))
    page = editor.list(Item).content.decode()
    for shown in ("Paddy trial", "Research", "Journal of Quiet Soils", "13-2", "繁 英"):
        assert shown in page


def test_a_search_does_not_change_how_many_items_a_topic_has(editor):
    factories.make_topic("Water", label_zh="水", items=[factories.make_item(), factories.make_item()])
    page = editor.list(Topic, "?q=water").content.decode()
    assert '<td class="field-item_count">2</td>' in page


def test_issues_are_listed_as_their_numbers_count(editor):
    for number in ("9", "13-2", "10", "17", "15-1"):
        factories.make_issue(number)
    rows = editor.list(Issue).context["cl"].result_list
    assert [issue.number for issue in rows] == ["17", "15-1", "13-2", "10", "9"]


@pytest.mark.parametrize("model", LISTS)
def test_odd_searches_find_nothing_and_break_nothing(editor, model):
    make_archive(1, 1)
    for query in ("?q=%00", "?q=%F0%9F%98%80", "?q='%22%25", "?q=" + "x" * 5000, "?p=abc", "?o=99"):
        assert editor.list(model, query).status_code in (200, 302), query


@pytest.mark.parametrize("model", [Issue, Item, Topic, Source])
def test_an_odd_choice_of_a_filter_breaks_nothing(editor, model):
    assert editor.list(model, "?texts=nonsense").status_code == 200


@pytest.mark.parametrize("term", ["%00", "x", "'", "1"])
def test_odd_look_ups_break_nothing(editor, term):
    address = "/admin/autocomplete/?app_label=archive&model_name=item&field_name=source&term="
    assert editor.client.get(address + term).status_code == 200
