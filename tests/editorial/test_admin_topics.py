"""Topics in the admin: relations, redirects and merging. Sources with items cannot be deleted."""

import pytest

from digest.archive import authoring
from digest.archive.models import Item, Source, Topic, TopicAlias
from tests import factories
from tests.editorial.editor_client import errors, messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def paddy():
    return factories.make_topic("Paddy soils", items=[factories.make_item()])


def test_a_renamed_topics_old_address_redirects(editor, client, paddy):
    editor.open(Topic, paddy.pk).save(slug="rice-soils")
    for language in ("zh-hant", "zh-hans", "en"):
        old = client.get(f"/{language}/topics/paddy-soils/")
        assert (old.status_code, old.headers["Location"]) == (301, f"/{language}/topics/rice-soils/")
    assert client.get("/en/topics/rice-soils/").status_code == 200


def test_a_topic_renamed_back_has_its_old_address_again(editor, client, paddy):
    editor.open(Topic, paddy.pk).save(slug="rice-soils")
    editor.open(Topic, paddy.pk).save(slug="paddy-soils")
    assert client.get("/en/topics/paddy-soils/").status_code == 200
    assert client.get("/en/topics/rice-soils/").status_code == 301


def test_a_new_topic_does_not_take_a_former_address(editor, paddy):
    authoring.rename_topic(paddy, "rice-soils")
    new = {"name": "Another", "slug": "paddy-soils", "facet": "land", "translations__1__label": "Another"}
    assert "former address of" in errors(editor.open(Topic).save(**new))
    assert "former address of" in errors(editor.open(Topic).save(**{**new, "name": "Paddy soils!", "slug": ""}))


def test_a_slug_that_another_topic_has_is_refused(editor, paddy):
    other = factories.make_topic("Peat", label_zh="泥炭")
    assert "already exists" in errors(editor.open(Topic, other.pk).save(slug="paddy-soils"))


def test_a_topic_named_in_han_characters_alone_gets_an_address(editor, client):
    form = editor.open(Topic)
    assert form.save(name="碳匯", facet="land", translations__0__label="碳匯").status_code == 302
    assert client.get("/zh-hant/topics/碳匯/").status_code == 200


def test_a_topic_cannot_stand_below_itself(editor, paddy):
    middle, low = factories.make_topic("Middle"), factories.make_topic("Low")
    authoring.set_relation(middle, "broader", [paddy])
    authoring.set_relation(low, "broader", [middle])
    for broader in (paddy, low):
        assert "is narrower than this topic" in errors(editor.open(Topic, paddy.pk).save(broader=[broader.pk]))
    assert not paddy.broader.exists()


def test_broader_topics_are_kept(editor, client, paddy):
    broader = factories.make_topic("Soils", label_zh="土", items=[factories.make_item()])
    assert editor.open(Topic, paddy.pk).save(broader=[broader.pk]).status_code == 302
    assert list(paddy.broader.all()) == [broader]
    assert "水田土壤" in editor.open(Topic, broader.pk).html


def test_an_agrovoc_address_says_how_it_matches(editor, paddy):
    uri = "http://aims.fao.org/aos/agrovoc/c_1"
    assert "the match type" in errors(editor.open(Topic, paddy.pk).save(agrovoc_uri=uri))
    assert "the match type" in errors(editor.open(Topic, paddy.pk).save(agrovoc_match="exact"))
    assert editor.open(Topic, paddy.pk).save(agrovoc_uri=uri, agrovoc_match="exact").status_code == 302


def test_merging_asks_into_which_topic(editor, paddy):
    other = factories.make_topic("Rice fields")
    page = editor.act("merge", paddy)
    options = page.content.decode().partition('name="into"')[2].partition("</select>")[0]
    assert f'value="{other.pk}"' in options and f'value="{paddy.pk}"' not in options


def test_merging_hands_everything_over_and_redirects(editor, client, paddy, announced):
    other, reader = factories.make_topic("Rice fields"), factories.make_item()
    reader.further_reading.add(paddy)
    page = editor.act("merge", paddy, confirmed="yes", into=other.pk)
    assert "1 topic merged" in messages(page)
    assert announced[-1].merged[Topic] == {paddy.pk: other.pk} and announced[-1].changed[Item] >= {reader.pk}
    assert not Topic.objects.filter(pk=paddy.pk).exists()
    assert other.item_ties.count() == 1 and reader.further_reading.get() == other
    assert client.get("/en/topics/paddy-soils/").headers["Location"] == "/en/topics/rice-fields/"
    assert "Paddy soils" in client.get("/en/topics/rice-fields/").content.decode()


def test_merging_without_a_choice_asks_again(editor, paddy):
    factories.make_topic("Rice fields")
    page = editor.act("merge", paddy, confirmed="yes", into="")
    assert "This field is required" in page.content.decode()
    assert Topic.objects.filter(pk=paddy.pk).exists()


def test_two_topics_are_merged_at_once(editor, client, paddy):
    peat, other = factories.make_topic("Peat", label_zh="泥炭"), factories.make_topic("Soils", label_zh="土")
    editor.act("merge", paddy, peat, confirmed="yes", into=other.pk)
    assert set(TopicAlias.objects.values_list("slug", flat=True)) == {"paddy-soils", "peat"}


def test_a_former_address_is_let_go(editor, client, paddy):
    authoring.rename_topic(paddy, "rice-soils")
    assert editor.open(Topic, paddy.pk).save(aliases__0__DELETE="on").status_code == 302
    assert client.get("/en/topics/paddy-soils/").status_code == 404


def test_a_source_in_use_is_not_deleted_and_the_page_says_why(editor):
    source = factories.make_source()
    factories.make_item(source=source)
    address = f"/admin/archive/source/{source.pk}/delete/"
    for page in (editor.client.get(address), editor.client.post(address, {"post": "yes"})):
        assert page.status_code == 200 and "used by 1 item" in page.content.decode()
    page = editor.act("delete_selected", source, post="yes")
    assert "used by 1 item" in page.content.decode()
    assert Source.objects.filter(pk=source.pk).exists()


def test_a_sources_address_is_made_from_its_name_and_stays(editor):
    editor.open(Source).save(kind="news", translations__0__name="晨報", translations__1__name="Morning Post")
    source = Source.objects.named("晨報").get()
    assert source.slug == "morning-post"
    form = editor.open(Source, source.pk)
    form.save(slug="other")
    source.refresh_from_db()
    assert source.slug == "morning-post"


def test_who_chose_a_topic_that_is_merged_into_another_has_chosen_that(editor, paddy):
    rice, peat = factories.make_topic("Rice"), factories.make_topic("Peat")
    both = factories.make_subscriber("both@farm.example", topics=f"{paddy.pk},{rice.pk}")
    one = factories.make_subscriber("one@farm.example", topics=f"{paddy.pk}")
    other = factories.make_subscriber("other@farm.example", topics=f"{peat.pk}")
    gone = paddy.pk
    authoring.merge_topics([paddy], rice)
    for row in (both, one, other):
        row.refresh_from_db()
    assert (both.topics, one.topics, other.topics) == (str(rice.pk), str(rice.pk), str(peat.pk))
    assert one.consent_events.get().detail == {"topics": [str(gone), str(rice.pk)]}
    assert not other.consent_events.exists()


def test_who_chose_a_topic_that_is_deleted_keeps_the_rest_or_gets_everything(editor, paddy):
    rice, peat = factories.make_topic("Rice"), factories.make_topic("Peat")
    two = factories.make_subscriber("two@farm.example", topics=f"{paddy.pk},{rice.pk}")
    one = factories.make_subscriber("one@farm.example", topics=f"{paddy.pk}")
    none = factories.make_subscriber("none@farm.example")
    editor.delete(paddy)
    for row in (two, one, none):
        row.refresh_from_db()
    assert (two.topics, one.topics, none.topics) == (str(rice.pk), "", "") and peat
