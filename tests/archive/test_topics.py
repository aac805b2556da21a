"""Topics: labels in three languages, no circular relations, AGROVOC matches, redirects from old addresses."""

import json
from collections import Counter

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from digest.archive import authoring
from digest.archive.models import ItemTopic, Topic, TopicAlias, TopicTranslation
from digest.archive.topic_loader import load_topics
from tests.factories import make_item, make_topic

FILE = settings.BASE_DIR / "fixtures" / "topics.json"
SHARED = settings.BASE_DIR.parent / "shared" / "domain" / "topics.json"
CODES = ("zh-hant", "zh-hans", "en")
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The topics, loaded once for the tests of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_topics(FILE)
        yield
        transaction.set_rollback(True)


def test_80_topics_and_2_collections_are_loaded(loaded):
    counts = Counter(Topic.objects.values_list("facet", flat=True))
    assert counts.pop("collection") == 2
    assert counts.total() == 80


def test_labels_and_definitions_are_written_in_three_writings(loaded):
    rows = TopicTranslation.objects.exclude(label="").exclude(definition="").filter(origin="written")
    assert Counter(rows.values_list("language", flat=True)) == {"zh-hant": 82, "zh-hans": 82, "en": 82}
    assert not TopicTranslation.objects.filter(origin="converted").exists()


def test_mainland_terms_are_its_own_not_converted_ones(loaded):
    topic = Topic.objects.get(slug="carbon-credit")
    assert [str(topic.text("label", code)) for code in CODES] == [
        "碳權",
        "碳信用",
        "Carbon credit",
    ]


def test_a_topic_is_found_by_a_synonym_in_any_writing(loaded):
    assert Topic.objects.labelled("碳信用额度").slug == "carbon-credit"
    assert Topic.objects.labelled("tillage, conservation") is None


def test_no_topic_is_broader_than_itself(loaded):
    assert not [topic for topic in Topic.objects.all() if topic.pk in topic.ancestors()]


@pytest.mark.skipif(not SHARED.exists(), reason="the working list in ../shared is not here")
def test_ties_and_matches_are_those_of_the_working_list(loaded):
    for entry in json.loads(SHARED.read_text())["topics"]:
        topic = Topic.objects.get(slug=entry["slug"])
        assert set(topic.broader.values_list("slug", flat=True)) == set(entry["broader"])
        assert (topic.agrovoc_uri, topic.agrovoc_match) == (entry["agrovoc_uri"] or "", entry["agrovoc_match"] or "")


def test_agrovoc_matches_are_exact_close_or_broad(loaded):
    kinds = Counter(Topic.objects.exclude(agrovoc_uri="").values_list("agrovoc_match", flat=True))
    assert set(kinds) == {"exact", "close", "broad"}
    assert kinds.total() == 40


def test_an_agrovoc_address_without_its_match_is_refused():
    with pytest.raises(IntegrityError), transaction.atomic():
        Topic.objects.create(name="Silage", agrovoc_uri="http://aims.fao.org/aos/agrovoc/c_1")


def test_loading_again_changes_nothing(loaded):
    before = Topic.history.count(), TopicTranslation.history.count()
    assert load_topics(FILE) == 82
    assert (Topic.history.count(), TopicTranslation.history.count()) == before


def test_loading_again_brings_a_changed_file_in(loaded, tmp_path):
    data = json.loads(FILE.read_text())
    data["topics"][0]["definition"]["en"] = "A new wording."
    file = tmp_path / "topics.json"
    file.write_text(json.dumps(data))
    load_topics(file)
    assert str(Topic.objects.get(slug=data["topics"][0]["slug"]).text("definition", "en")) == "A new wording."


def test_a_file_may_turn_two_topics_round(loaded, tmp_path):
    data = json.loads(FILE.read_text())
    entries = {entry["slug"]: entry for entry in data["topics"]}
    entries["carbon-sink"]["broader"] = ["blue-carbon"]
    entries["blue-carbon"]["broader"] = []
    file = tmp_path / "topics.json"
    file.write_text(json.dumps(data))
    load_topics(file)
    assert Topic.objects.get(slug="carbon-sink").broader.get().slug == "blue-carbon"


def test_loading_again_leaves_an_editors_rename_alone(loaded):
    authoring.rename_topic(Topic.objects.get(slug="biochar"), "biochar-and-charcoal")
    load_topics(FILE)
    assert not Topic.objects.filter(slug="biochar").exists()
    assert Topic.objects.get(slug="biochar-and-charcoal").broader.count() == 2


def test_a_topic_made_from_its_label_alone_is_taken_over(tmp_path):
    made = Topic.objects.create(name="魚塘", facet="collection")
    texts = {
        "label": {"zh-hant": "魚塘", "zh-hans": "鱼塘", "en": "Fish ponds"},
        "definition": dict.fromkeys(CODES, "x"),
    }
    entry = {
        "slug": "fish-ponds",
        "facet": "land",
        "broader": [],
        "agrovoc": None,
        "synonyms": {code: [] for code in CODES},
    }
    file = tmp_path / "topics.json"
    file.write_text(json.dumps({"topics": [entry | texts]}))
    load_topics(file)
    made.refresh_from_db()
    assert (made.slug, made.name) == ("fish-ponds", "Fish ponds")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("碳匯", "not a JSON"), ('{"topics": [{"slug": "x"}]}', "not a vocabulary"), ("[]", "not a vocabulary")],
)
def test_a_file_that_is_no_vocabulary_is_refused_in_one_line(tmp_path, text, reason):
    file = tmp_path / "topics.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=reason):
        call_command("load_topics", file)
    assert not Topic.objects.filter(slug="x").exists()


def test_a_missing_file_is_named_in_one_line(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.json: No such file"):
        call_command("load_topics", tmp_path / "nowhere.json")


def test_a_circle_is_refused_near_and_far():
    wide, middle, narrow = make_topic("Wide"), make_topic("Middle"), make_topic("Narrow")
    authoring.set_relation(middle, "broader", [wide])
    authoring.set_relation(narrow, "broader", [middle])
    for topic in (wide, middle, narrow):
        with pytest.raises(ValidationError):
            authoring.set_relation(wide, "broader", [topic])


@pytest.mark.parametrize("name", ["碳匯", "臺灣", "🌱", "CO₂", "—"])
def test_a_topics_slug_is_never_empty(name):
    assert Topic.objects.create(name=name).slug


def test_two_topics_never_share_a_slug():
    assert Topic.objects.create(name="Rice!").slug != Topic.objects.create(name="Rice?").slug


def test_a_renamed_topic_keeps_its_old_address():
    topic = make_topic("Paddy soils")
    authoring.rename_topic(topic, "rice-soils")
    assert TopicAlias.objects.get(slug="paddy-soils").topic == topic


def test_a_topic_may_go_back_to_its_old_address():
    topic = make_topic("Paddy soils")
    authoring.rename_topic(topic, "rice-soils")
    authoring.rename_topic(topic, "paddy-soils")
    assert list(TopicAlias.objects.values_list("slug", flat=True)) == ["rice-soils"]


def test_a_merged_topic_leaves_its_items_addresses_and_labels_to_the_other():
    both, only = make_item(), make_item()
    old, new = make_topic("Paddy soils", label_zh="水田土", items=[both, only]), make_topic("Rice soils", items=[both])
    authoring.rename_topic(old, "paddies")
    authoring.merge_topics([old], new)
    assert set(ItemTopic.objects.values_list("content_object", "tag")) == {(both.pk, new.pk), (only.pk, new.pk)}
    assert {alias.slug for alias in new.aliases.all()} == {"paddies", "paddy-soils"}
    assert Topic.objects.labelled("水田土") == new


def test_narrower_topics_go_over_in_a_merge_without_a_circle():
    wide, narrow = make_topic("Wide"), make_topic("Narrow")
    under = make_topic("Under")
    authoring.set_relation(narrow, "broader", [wide])
    authoring.set_relation(under, "broader", [wide])
    authoring.merge_topics([wide], narrow)
    assert list(narrow.narrower.all()) == [under]
    assert narrow.pk not in narrow.ancestors()


def test_a_topic_is_not_merged_into_itself():
    topic = make_topic()
    with pytest.raises(ValidationError):
        authoring.merge_topics([topic], topic)
