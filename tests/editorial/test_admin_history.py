"""Revisions: who changed what and when, also of what was deleted; an old one can be brought back."""

import pytest

from digest.archive.models import (
    Correction,
    Issue,
    IssueTranslation,
    Item,
    ItemTranslation,
    Source,
    SourceTranslation,
    Topic,
    TopicTranslation,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    item = factories.make_item(source=factories.make_source())
    issue, topic = factories.make_issue(), factories.make_topic()
    return {
        Issue: issue,
        IssueTranslation: issue.written("en"),
        Item: item,
        ItemTranslation: item.written("en"),
        Source: item.source,
        SourceTranslation: item.source.written("en"),
        Topic: topic,
        TopicTranslation: topic.written("en"),
        Correction: factories.make_correction(item),
    }


KINDS = [
    Issue,
    IssueTranslation,
    Item,
    ItemTranslation,
    Source,
    SourceTranslation,
    Topic,
    TopicTranslation,
    Correction,
]


def address(row, rest="") -> str:
    return f"/admin/archive/{row._meta.model_name}/{row.pk}/history/{rest}"


@pytest.mark.parametrize("model", KINDS)
def test_every_kind_has_its_history_page(desk, rows, model):
    row = rows[model]
    desk.open(model, row.pk).save()
    page = desk.client.get(address(row))
    assert page.status_code == 200 and page.content.decode().count('<th scope="row">') == 2
    assert desk.client.get(address(row, row.history.latest().pk) + "/").status_code == 200


@pytest.mark.parametrize("model", KINDS)
def test_the_last_state_of_what_was_deleted_is_kept(desk, rows, model, django_user_model):
    row = rows[model]
    pk, owner = row.pk, getattr(row, "owner", row)
    if isinstance(owner, Source):
        owner.items.update(source=None)
    desk.delete(owner)
    last = model.history.filter(id=pk).latest()
    assert (last.history_type, last.history_user) == ("-", django_user_model.objects.get())
    row.pk = pk
    assert desk.client.get(address(row)).status_code == 200


def test_a_change_names_its_editor_and_what_was_changed(desk, rows, admin_user):
    desk.open(ItemTranslation, rows[ItemTranslation].pk).save(title="New title")
    assert rows[ItemTranslation].history.latest().history_user == admin_user
    page = desk.client.get(address(rows[ItemTranslation])).content.decode()
    assert "New title" in page and "admin" in page


def revert(desk, row, record) -> int:
    url = address(row, f"{record.pk}/")
    return desk.client.post(url, desk.visit(url).data).status_code


def test_an_old_revision_is_brought_back_and_public_at_once(desk, client, rows):
    item, row = rows[Item], rows[ItemTranslation]
    factories.make_placement(item, rows[Issue])
    old = row.title
    desk.open(ItemTranslation, row.pk).save(title="A mistake")
    assert revert(desk, row, row.history.earliest()) == 302
    page = client.get("/en/issues/17/").content.decode()
    assert old in page and "A mistake" not in page


def test_a_revision_from_before_publication_does_not_withdraw(desk, client):
    item = factories.make_item(published=False)
    desk.act("publish", item, confirmed="yes")
    desk.open(Item, item.pk).save(genre="paper")
    assert revert(desk, item, item.history.earliest()) == 302
    assert client.get(f"/en/items/{item.pk}/").status_code == 200


def test_a_revision_with_another_number_leaves_a_public_address_alone(desk, client):
    issue = factories.make_issue("71", published=False)
    desk.open(Issue, issue.pk).save(number="17")
    desk.act("publish", issue, confirmed="yes")
    assert revert(desk, issue, issue.history.earliest()) == 302
    assert client.get("/en/issues/17/").status_code == 200


def test_a_revision_with_another_slug_is_a_rename(desk, client):
    topic = factories.make_topic()
    desk.open(Topic, topic.pk).save(slug="second")
    assert revert(desk, topic, topic.history.earliest()) == 302
    assert client.get("/en/topics/second/").headers["Location"] == "/en/topics/paddy-soils/"


def test_a_deleted_item_and_its_text_come_back(desk, client):
    item = factories.make_item()
    pk, row = item.pk, item.written("en")
    row_pk, title = row.pk, row.title
    desk.delete(item)
    item.pk, row.pk = pk, row_pk
    assert revert(desk, row, ItemTranslation.history.filter(id=row_pk).latest()) == 200, "its item must come first"
    assert revert(desk, item, Item.history.filter(id=pk).latest()) == 302
    assert revert(desk, row, ItemTranslation.history.filter(id=row_pk).latest()) == 302
    assert title in desk.list(Item).content.decode()
    assert client.get(f"/en/items/{pk}/").status_code == 404, "it is a draft until it is published again"


def test_conversion_leaves_no_revisions(desk):
    item = factories.make_item()
    form = desk.open(Item, item.pk)
    form.save(**{f"{form.text('zh-hant')}-title": "改過的題目"})
    assert not ItemTranslation.history.filter(owner=item, origin="converted").exists()
