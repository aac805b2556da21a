"""Each transaction has one Change, which contains exactly what changed."""

import pytest

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import CacheVersion, Issue, Item, Place, Source, Topic
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    return make.make_full_issue("17", 3)


def named(change, *models) -> list[set]:
    return [set(change.changed[model]) for model in models]


def test_a_text_names_its_item_and_the_issues_that_show_it(issue, announced):
    item = issue.items.first()
    draft = make.make_issue("18", published=False)
    make.make_placement(item, draft, "look_back")
    announced.clear()
    authoring.write_text(item, "en", title="Other")
    (change,) = announced
    assert named(change, Item, Issue) == [{item.pk}, {issue.pk}] and change.is_public


def test_several_verbs_in_one_transaction_are_one_change(issue, announced):
    announced.clear()
    with record_changes():
        for item in issue.items.all():
            authoring.write_text(item, "en", title="Other")
            authoring.set_links(item, [{"role": "original", "url": "https://example.org/"}])
    assert len(announced) == 1 and named(announced[0], Item) == [set(issue.items.values_list("pk", flat=True))]


def test_what_changes_nothing_announces_nothing(issue, announced):
    item = issue.items.first()
    announced.clear()
    authoring.write_text(item, "en", title=item.written("en").title)
    authoring.set_relation(item, "places", [])
    authoring.edit(item, {"kind": item.kind})
    authoring.publish_issue(issue)
    assert announced == []


def test_a_withdrawal_names_the_item_and_the_issues_that_showed_it(issue, announced):
    item = issue.items.first()
    announced.clear()
    authoring.withdraw_items([item.pk])
    assert named(announced[0], Item, Issue) == [{item.pk}, {issue.pk}]
    assert announced[0].withdrawn == {item.pk}


def test_a_deletion_names_what_is_gone_and_the_issues_that_showed_it(issue, announced):
    item = issue.items.first()
    pk = item.pk
    announced.clear()
    authoring.delete([item])
    (change,) = announced
    assert change.deleted[Item] == {pk} and named(change, Item, Issue) == [set(), {issue.pk}] and change.is_public


def test_the_withdrawal_of_an_issue_names_its_items(issue, announced):
    announced.clear()
    authoring.withdraw_issue(issue)
    assert named(announced[0], Item, Issue) == [set(issue.items.values_list("pk", flat=True)), {issue.pk}]


@pytest.mark.parametrize(
    ("make_row", "tie", "edit"),
    [
        (make.make_source, lambda item, row: Item.objects.filter(pk=item.pk).update(source=row), {"kind": "news"}),
        (make.make_topic, lambda item, row: authoring.add_topics(item, [row]), {"name": "Other"}),
    ],
)
def test_sources_and_topics_name_exactly_the_items_that_name_them(issue, announced, make_row, tie, edit):
    row, item = make_row(), issue.items.first()
    tie(item, row)
    announced.clear()
    authoring.edit(row, edit)
    assert named(announced[0], type(row), Item, Issue) == [{row.pk}, {item.pk}, {issue.pk}]


def test_a_deleted_place_names_its_items(issue, announced):
    item = issue.items.first()
    authoring.set_relation(item, "places", [make.make_place("TW")])
    announced.clear()
    authoring.delete(Place.objects.all())
    assert named(announced[0], Item) == [{item.pk}]


def test_merged_topics_say_into_which(announced):
    one, two, three = (make.make_topic(name) for name in ("One", "Two", "Three"))
    keys = one.pk, two.pk
    announced.clear()
    with record_changes():
        authoring.merge_topics([one], two)
        authoring.merge_topics([two], three)
    assert announced[0].merged[Topic] == {keys[0]: three.pk, keys[1]: three.pk}


@pytest.mark.parametrize(
    "act",
    [
        lambda item, draft, issue: authoring.create_item("news", {"en": {"title": "Draft"}}),
        lambda item, draft, issue: authoring.write_text(draft.items.first(), "en", title="Draft"),
        lambda item, draft, issue: authoring.place_item(item, draft, role="look_back"),
        lambda item, draft, issue: authoring.edit(issue, {"remainder": "Not understood"}),
        lambda item, draft, issue: authoring.create(Source, slug="unused", kind="news"),
    ],
    ids=["new draft", "text of a draft", "composing a draft", "what was not understood", "unused source"],
)
def test_what_readers_cannot_see_leaves_the_stored_pages_alone(act, issue):
    item, draft = make.make_item(), make.make_full_issue("18", 1, published=False)
    before = CacheVersion.current().number
    act(item, draft, issue)
    assert CacheVersion.current().number == before


def test_a_dry_run_announces_nothing_and_leaves_nothing(issue, announced):
    announced.clear()
    with record_changes() as change:
        authoring.write_text(issue.items.first(), "en", title="Tried")
        change.cancel()
    assert announced == [] and not Item.objects.filter(translations__title="Tried").exists()


def test_a_listener_that_fails_takes_the_change_back(issue, monkeypatch):
    from digest.archive import changes

    monkeypatch.setattr(changes, "_listeners", [lambda change: 1 / 0])
    with pytest.raises(ZeroDivisionError):
        authoring.write_text(issue.items.first(), "en", title="Half")
    assert not Item.objects.filter(translations__title="Half").exists()
