"""The functions of `archive.authoring` keep the rules that a form or an importer could forget."""

import pytest

from digest.archive import authoring
from digest.archive.models import Placement
from tests import factories as make
from tests.translation_checks import outdated

pytestmark = pytest.mark.django_db


def order(issue) -> list[int]:
    return list(issue.placements.in_reading_order().values_list("pk", flat=True))


def test_a_text_is_converted_and_says_what_it_was_made_from():
    item = authoring.create_item("news", {"zh-hant": {"title": "土壤碳匯"}})
    authoring.write_text(item, "en", title="Soil carbon sinks")
    assert str(item.text("title", "zh-hans")) == "土壤碳汇" and item.written("en").translated_from == "zh-hant"
    authoring.write_text(item, "zh-hant", title="土壤碳匯新論")
    assert outdated(item) == ["en"] and str(item.text("title", "zh-hans")) == "土壤碳汇新论"


def test_items_placed_one_after_another_stand_in_that_order():
    issue = make.make_issue()
    made = [authoring.place_item(make.make_item(), issue).pk for _ in range(4)]
    assert order(issue) == made


def test_several_placements_saved_together_get_a_position_each():
    issue = make.make_issue()
    rows = [Placement(issue=issue, item=make.make_item(), section="news", position=None) for _ in range(3)]
    authoring.save_placements(rows)
    assert len({row.position for row in rows}) == 3


def test_two_moves_before_different_neighbours_do_not_undo_each_other():
    issue = make.make_issue()
    a, b, c, d = (authoring.place_item(make.make_item(), issue) for _ in range(4))
    authoring.move_placement(Placement.objects.get(pk=d.pk), before=Placement.objects.get(pk=a.pk))
    authoring.move_placement(Placement.objects.get(pk=b.pk), before=None)
    assert order(issue) == [d.pk, a.pk, c.pk, b.pk]


def test_a_home_moves_to_another_issue():
    item, first, second = make.make_item(), make.make_issue("17"), make.make_issue("18")
    authoring.place_item(item, first)
    authoring.move_home_issue(item, second)
    assert item.home.issue == second and item.placements.count() == 1


def test_an_item_leaves_the_public_pages_with_its_last_published_issue():
    item, issue = make.make_item(), make.make_issue()
    placement = authoring.place_item(item, issue)
    authoring.remove_placement(placement)
    item.refresh_from_db()
    assert item.state == "withdrawn"
    authoring.place_item(item, issue)
    item.refresh_from_db()
    assert item.is_published


def test_links_are_replaced_in_order_and_what_is_the_same_stays():
    item = make.make_item()
    authoring.set_links(item, [{"role": "original", "url": "https://a.example/"}, {"role": "data"}])
    kept = item.links.get(role="original").pk
    assert authoring.set_links(
        item, [{"role": "guide", "url": "https://g.example/"}, {"role": "original", "url": "https://a.example/"}]
    )
    assert [(link.role, link.position) for link in item.links.all()] == [("guide", 0), ("original", 1)]
    assert item.links.get(role="original").pk == kept
    assert not authoring.set_links(
        item, [{"role": "guide", "url": "https://g.example/"}, {"role": "original", "url": "https://a.example/"}]
    )


def test_a_correction_is_dated_and_in_every_language_given():
    import datetime as dt

    correction = authoring.add_correction(
        make.make_item(), dt.date(2026, 12, 1), {"en": "Wrong year.", "zh-hant": "年份有誤。"}
    )
    assert (
        str(correction.text("note", "zh-hans")) == "年份有误。" and str(correction.text("note", "en")) == "Wrong year."
    )


def test_a_source_is_found_by_the_name_it_was_made_with():
    source = authoring.get_or_create_source("Soil Letters", "en")
    assert authoring.get_or_create_source("SOIL letters", "en") == source


def test_publishing_takes_as_many_queries_for_forty_items_as_for_ten(count_queries):
    few, many = (make.make_full_issue(number, size, published=False) for number, size in (("17", 10), ("18", 40)))
    first = count_queries(lambda: authoring.publish_issue(few))
    assert count_queries(lambda: authoring.publish_issue(many)) == first <= 30
