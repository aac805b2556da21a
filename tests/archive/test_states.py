"""Items are published and withdrawn with their issue; an item withdrawn by itself is published only by itself."""

import pytest
from django.db import IntegrityError, transaction

from digest.archive import authoring
from digest.archive.models import Deletion, Issue, Item, State
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    return make.make_full_issue("17", 3)


def states(issue: Issue) -> list[str]:
    return list(issue.items.order_by("pk").values_list("state", flat=True))


def test_items_hidden_with_their_issue_return_with_it(issue):
    authoring.withdraw_issue(issue)
    assert states(issue) == ["withdrawn"] * 3 and issue.withdrawn_at
    authoring.publish_issue(issue)
    assert states(issue) == ["published"] * 3 and issue.withdrawn_at is None


@pytest.mark.parametrize(
    "act",
    [
        lambda issue, item: authoring.publish_issue(issue),
        lambda issue, item: (authoring.withdraw_issue(issue), authoring.publish_issue(issue)),
        lambda issue, item: authoring.place_item(make.make_item(), issue),
        lambda issue, item: authoring.place_item(item, make.make_issue("18"), role="look_back"),
        lambda issue, item: authoring.publish_issue(_looking_back(item)),
        lambda issue, item: authoring.write_text(item, "en", title="A typo mended"),
    ],
    ids=["published again", "hidden and shown", "another placed", "looked back at", "later issue", "text changed"],
)
def test_an_item_withdrawn_by_itself_does_not_return_by_anything_else(issue, act):
    item = issue.items.first()
    authoring.withdraw_items([item.pk])
    act(issue, item)
    item.refresh_from_db()
    assert item.state == State.WITHDRAWN


def _looking_back(item: Item) -> Issue:
    later = make.make_issue("19", published=False)
    authoring.place_item(item, later, role="look_back")
    return later


def test_an_item_withdrawn_by_itself_returns_when_it_is_published(issue):
    item = issue.items.first()
    authoring.withdraw_items([item.pk])
    assert authoring.publish_items([item.pk]) == (1, [])
    item.refresh_from_db()
    assert item.is_published and item.published_at == make.PUBLISHED  # the first time stays


def test_an_item_hidden_with_its_issue_can_be_withdrawn_by_itself_too(issue):
    item = issue.items.first()
    authoring.withdraw_issue(issue)
    authoring.withdraw_items([item.pk])
    authoring.publish_issue(issue)
    item.refresh_from_db()
    assert item.state == State.WITHDRAWN


def test_an_item_that_waits_for_its_issue_comes_with_it(issue):
    item = issue.items.first()
    authoring.withdraw_items([item.pk])
    authoring.withdraw_issue(issue)
    count, waiting = authoring.publish_items([item.pk])
    assert (count, waiting) == (0, [item])
    authoring.publish_issue(issue)
    item.refresh_from_db()
    assert item.is_published


def test_a_draft_has_no_times_and_a_published_row_must_have_them():
    item = make.make_item(published=False)
    assert (item.state, item.published_at, item.updated_at) == ("draft", None, None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(state="published")
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(state="withdrawn")


def test_updated_at_tells_of_changes_that_readers_see(issue):
    item, other = issue.items.all()[:2]
    for row in (item, other, issue):
        row.refresh_from_db()
    before = item.updated_at, other.updated_at, issue.updated_at
    authoring.write_text(item, "en", title="Another title")
    for row in (item, other, issue):
        row.refresh_from_db()
    assert item.updated_at > before[0] and other.updated_at == before[1] and issue.updated_at > before[2]


def test_a_deleted_item_leaves_a_record(issue):
    item = issue.items.first()
    pk = item.pk
    authoring.delete([item])
    record = Deletion.objects.get()
    assert (record.kind, record.object_id, record.merged_into) == ("item", pk, None)
    assert record.published_at == make.PUBLISHED and record.deleted_at


def test_merged_items_are_one_record_and_the_old_address_leads_to_it(client, issue):
    old, new = make.make_item(doi="10.1000/x", texts={"en": {"title": "Twin"}}), issue.items.first()
    make.make_link(old)
    make.make_topic(items=[old])
    authoring.place_item(old, make.make_issue("18"))
    pk = old.pk
    authoring.merge_items(old, new)
    new.refresh_from_db()
    assert client.get(f"/en/items/{pk}/").headers["Location"] == f"/en/items/{new.pk}/"
    assert new.doi == "10.1000/x" and new.topics.count() == 1 and new.links.count() == 1
    assert [(p.issue.number, p.role) for p in new.placements.order_by("pk")] == [("17", "new"), ("18", "look_back")]


def test_the_address_of_an_item_merged_twice_leads_to_the_last(client):
    one, two, three = (make.make_item() for _ in range(3))
    pk = one.pk
    authoring.merge_items(one, two)
    authoring.merge_items(two, three)
    assert client.get(f"/en/items/{pk}/").headers["Location"] == f"/en/items/{three.pk}/"
