"""What an editor saves is on the public page on the next request."""

import pytest

from digest.archive.models import (
    Correction,
    Figure,
    Issue,
    Item,
    ItemTranslation,
    Link,
    Place,
    Placement,
    Source,
    SourceTranslation,
    Topic,
)
from tests import factories
from tests.factories import announce_change

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    """A published item in issue 17."""
    item = factories.make_item(source=factories.make_source())
    factories.make_placement(item, factories.make_issue())
    announce_change([item])
    return item


def issue_page(client, language="en") -> str:
    return client.get(f"/{language}/issues/17/").content.decode()


def item_page(client, item, language="en") -> str:
    return client.get(f"/{language}/items/{item.pk}/").content.decode()


def test_a_source_renamed_is_renamed_in_its_items(editor, client, item):
    form = editor.open(Source, item.source.pk)
    form.save(**{f"{form.text('en')}-name": "Journal of Loud Soils", f"{form.text('zh-hant')}-name": "鬧土學報"})
    assert "Journal of Loud Soils" in issue_page(client) and "Quiet" not in issue_page(client)
    assert "鬧土學報" in issue_page(client, "zh-hant") and "闹土学报" in issue_page(client, "zh-hans")
    assert Source.objects.named("journal of loud soils").get() == item.source


def test_a_source_renamed_on_its_texts_own_page_is_so_as_well(editor, client, item):
    row = item.source.translations.get(language="en")
    editor.open(SourceTranslation, row.pk).save(name="Journal of Plain Soils")
    assert "Journal of Plain Soils" in issue_page(client)
    assert Source.objects.named("Journal of Plain Soils").exists()


def test_a_title_is_changed_in_both_chinese_scripts(editor, client, item):
    form = editor.open(Item, item.pk)
    form.save(**{f"{form.text('zh-hant')}-title": "稻田裡的碳匯"})
    assert "稻田裡的碳匯" in issue_page(client, "zh-hant")
    assert "稻田里的碳汇" in issue_page(client, "zh-hans")


def test_a_title_changed_on_its_own_page_is_changed(editor, client, item):
    row = item.translations.get(language="en")
    editor.open(ItemTranslation, row.pk).save(title="Paddies, again")
    assert "Paddies, again" in issue_page(client)


def test_a_written_simplified_text_replaces_the_converted_one(editor, client, item):
    form = editor.open(Item, item.pk).add("translations", language="zh-hans", title="亲手写的题目")
    assert form.save().status_code == 302
    assert "亲手写的题目" in issue_page(client, "zh-hans")
    row = item.translations.get(language="zh-hans", origin="written")
    assert row.title == "亲手写的题目"


def test_a_converted_text_is_not_offered_for_editing(editor, item):
    assert item.translations.filter(language="zh-hans", origin="converted").exists()
    form = editor.open(Item, item.pk)
    assert form.data["translations-INITIAL_FORMS"] == ["2"]
    converted = item.translations.get(language="zh-hans")
    assert editor.client.get(f"/admin/archive/itemtranslation/{converted.pk}/change/").status_code == 302


def test_a_link_changed_leads_elsewhere(editor, client, item):
    factories.make_link(item, url="https://example.org/old")
    editor.open(Item, item.pk).save(links__0__url="https://example.org/new")
    assert "https://example.org/new" in issue_page(client) and "/old" not in issue_page(client)


def test_a_link_is_added_and_deleted(editor, client, item):
    form = editor.open(Item, item.pk).add("links", role="data", url="https://data.example.org/")
    assert form.save().status_code == 302
    assert "https://data.example.org/" in item_page(client, item)
    editor.open(Item, item.pk).save(links__0__DELETE="on")
    assert not Link.objects.exists() and "https://data.example.org/" not in issue_page(client)


def test_a_correction_added_is_told_in_the_issue_and_on_the_items_page(editor, client, item):
    form = editor.open(Correction, query=f"?item={item.pk}")
    form.save(date="2024-09-10", translations__1__note="It was *1925*, not 1924.")
    assert "Corrected" in issue_page(client)
    assert "<em>1925</em>" in item_page(client, item)


def test_a_correction_deleted_is_gone(editor, client, item):
    correction = factories.make_correction(item)
    editor.open(Item, item.pk).save(corrections__0__DELETE="on")
    assert not Correction.objects.filter(pk=correction.pk).exists()
    assert "Corrected" not in issue_page(client)


def test_a_placement_moved_to_another_issue_is_there(editor, client, item):
    other = factories.make_issue("16")
    editor.open(Placement, item.placements.get().pk).save(issue=other.pk)
    assert f'id="item-{item.pk}"' in client.get("/en/issues/16/").content.decode()
    assert f'id="item-{item.pk}"' not in issue_page(client)


def test_a_focus_set_in_the_issues_form_is_marked(editor, client, item):
    editor.open(Issue, item.issues.get().pk).save(placements__0__focus="on")
    assert "focus-mark" in issue_page(client)


def test_a_look_backs_own_summary_is_shown_instead(editor, client, item):
    later = factories.make_issue("18")
    placement = factories.make_placement(item, later, "look_back")
    editor.open(Placement, placement.pk).save(translations__1__summary="In short: less water.")
    assert "In short: less water." in client.get("/en/issues/18/").content.decode()


def test_a_topic_named_for_further_reading_is_renamed_in_the_issue(editor, client, item):
    topic = factories.make_topic("Carbon sinks", facet="collection")
    item.further_reading.add(topic)
    announce_change([item])
    form = editor.open(Topic, topic.pk)
    form.save(**{f"{form.text('en')}-label": "Carbon stores", "slug": "carbon-stores"})
    assert "Carbon stores" in issue_page(client) and "/en/topics/carbon-stores/" in issue_page(client)


def test_a_topic_deleted_is_recommended_no_more(editor, client, item):
    topic = factories.make_topic("Carbon sinks", facet="collection")
    item.further_reading.add(topic)
    announce_change([item])
    editor.delete(topic)
    assert "Carbon sinks" not in issue_page(client)


def test_topics_places_and_related_items_are_chosen(editor, client, item):
    topic, other = factories.make_topic(), factories.make_item()
    place = factories.make_place("JP")
    editor.open(Item, item.pk).save(topics=[topic.pk], places=[place.pk], related=[other.pk])
    page = item_page(client, item)
    assert "Paddy soils" in page and "Japan" in page and f"/en/items/{other.pk}/" in page
    assert "Japan" in issue_page(client)


def test_a_place_deleted_is_named_no_more(editor, client, item):
    place = factories.make_place("JP")
    item.places.add(place)
    announce_change([item])
    assert "Japan" in issue_page(client)
    editor.delete(Place.objects.get(code="JP"))
    assert "Japan" not in issue_page(client)


def test_an_alternative_changed_is_read_out(editor, client, item):
    item.placements.update(role="promoted")
    figure = factories.make_figure(item)
    form = editor.open(Figure, figure.pk)
    assert form.save(**{f"{form.text('en')}-alternative": "A field under snow"}).status_code == 302
    assert "A field under snow" in issue_page(client)


def test_an_issues_essay_is_changed(editor, client, item):
    form = editor.open(Issue, item.issues.get().pk)
    form.save(**{f"{form.text('en')}-intro": "Something *new*."})
    assert "<em>new</em>" in issue_page(client)
