"""History: who changed what and when, also of deleted rows; restoring revisions."""

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.forms import model_to_dict
from django.test import Client
from simple_history.admin import SimpleHistoryAdmin

from digest.archive.models import (
    CacheVersion,
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
from tests.factories import announce_change

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
def test_every_kind_has_its_history_page(editor, rows, model):
    row = rows[model]
    row.save()
    page = editor.client.get(address(row))
    assert page.status_code == 200 and page.content.decode().count('<th scope="row">') == 2
    assert editor.client.get(address(row, row.history.latest().pk) + "/").status_code == 200


@pytest.mark.parametrize("model", KINDS)
def test_the_last_state_of_what_was_deleted_is_kept(editor, rows, model, django_user_model):
    row = rows[model]
    pk, owner = row.pk, getattr(row, "owner", row)
    if isinstance(owner, Source):
        owner.items.update(source=None)
    editor.delete(owner)
    last = model.history.filter(id=pk).latest()
    assert (last.history_type, last.history_user) == ("-", django_user_model.objects.get())
    row.pk = pk
    assert editor.client.get(address(row)).status_code == 200


def test_a_change_names_its_editor_and_what_was_changed(editor, rows, admin_user):
    editor.open(ItemTranslation, rows[ItemTranslation].pk).save(title="New title")
    assert rows[ItemTranslation].history.latest().history_user == admin_user
    page = editor.client.get(address(rows[ItemTranslation])).content.decode()
    assert "New title" in page and "admin" in page


def revert(editor, row, record) -> int:
    url = address(row, f"{record.pk}/")
    return editor.client.post(url, editor.visit(url).data).status_code


def test_an_old_revision_is_brought_back_and_public_at_once(editor, client, rows):
    item, row = rows[Item], rows[ItemTranslation]
    factories.make_placement(item, rows[Issue])
    old = row.title
    editor.open(ItemTranslation, row.pk).save(title="A mistake")
    assert revert(editor, row, row.history.earliest()) == 302
    page = client.get("/en/issues/17/").content.decode()
    assert old in page and "A mistake" not in page


def test_every_kind_with_revisions_is_tried_here():
    revised = {model for model, admin in site._registry.items() if isinstance(admin, SimpleHistoryAdmin)}
    assert revised == set(KINDS)


@pytest.mark.parametrize("model", KINDS)
def test_who_may_only_view_brings_nothing_back(rows, model, django_user_model):
    """simple_history checks only the view permission, even before saving: public texts could be overwritten."""
    row = rows[model]
    row.save()
    reader = django_user_model.objects.create_user("reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(reader)
    fields = [f.name for f in model._meta.concrete_fields if f.editable]
    before, revisions = model.objects.filter(pk=row.pk).values().get(), model.history.count()
    url = address(row, f"{row.history.latest().pk}/")
    assert client.get(url).status_code == 200
    for data in ({}, dict.fromkeys(fields, "1"), model_to_dict(row, [f for f in fields if before.get(f)])):
        assert client.post(url, data).status_code == 403
    assert model.objects.filter(pk=row.pk).values().get() == before and model.history.count() == revisions


def test_a_revision_from_before_publication_does_not_withdraw(editor, client):
    item = factories.make_item(published=False)
    editor.act("publish", item, confirmed="yes")
    editor.open(Item, item.pk).save(genre="paper")
    assert revert(editor, item, item.history.earliest()) == 302
    assert client.get(f"/en/items/{item.pk}/").status_code == 200


def test_a_revision_with_another_number_leaves_a_public_address_alone(editor, client):
    issue = factories.make_issue("71", published=False)
    editor.open(Issue, issue.pk).save(number="17")
    editor.act("publish", issue, confirmed="yes")
    assert revert(editor, issue, issue.history.earliest()) == 302
    assert client.get("/en/issues/17/").status_code == 200


def test_a_revision_with_another_slug_is_a_rename(editor, client):
    topic = factories.make_topic()
    editor.open(Topic, topic.pk).save(slug="second")
    assert revert(editor, topic, topic.history.earliest()) == 302
    assert client.get("/en/topics/second/").headers["Location"] == "/en/topics/paddy-soils/"


def test_a_deleted_item_and_its_text_come_back(editor, client):
    item = factories.make_item()
    pk, row = item.pk, item.written("en")
    row_pk, title = row.pk, row.title
    editor.delete(item)
    item.pk, row.pk = pk, row_pk
    assert revert(editor, row, ItemTranslation.history.filter(id=row_pk).latest()) == 200, "its item must come first"
    assert revert(editor, item, Item.history.filter(id=pk).latest()) == 302
    assert revert(editor, row, ItemTranslation.history.filter(id=row_pk).latest()) == 302
    assert title in editor.list(Item).content.decode()
    assert client.get(f"/en/items/{pk}/").status_code == 404, "it is a draft until it is published again"


def test_conversion_leaves_no_revisions(editor):
    item = factories.make_item()
    form = editor.open(Item, item.pk)
    form.save(**{f"{form.text('zh-hant')}-title": "改過的題目"})
    assert not ItemTranslation.history.filter(owner=item, origin="converted").exists()


def parts_of(editor, row) -> str:
    """What the history page tells of the row's parts."""
    html = editor.client.get(address(row)).content.decode()
    return html[html.index('<table id="related-history">') :].partition("</table>")[0]


@pytest.mark.parametrize("model", [Item, Issue, Source, Topic])
def test_a_rows_history_tells_who_changed_which_text_and_what_it_said(editor, rows, model):
    row = rows[model]
    field = {Source: "name", Topic: "label"}.get(model, "title")
    old = getattr(row.written("en"), field)
    form = editor.open(model, row.pk)
    form.save(**{f"{form.text('en')}-{field}": "Quite another"})
    told = parts_of(editor, row)
    assert f"<del>{old}</del>" in told and "<ins>Quite another</ins>" in told
    assert "(English)" in told and "admin" in told
    assert f"/{row.written('en')._meta.model_name}/{row.written('en').pk}/history/" in told


def test_of_a_long_text_the_history_shows_the_place_that_changed(editor, rows):
    row = rows[ItemTranslation]
    editor.open(ItemTranslation, row.pk).save(body="before " * 200 + "wheat" + " after" * 200)
    editor.open(ItemTranslation, row.pk).save(body="before " * 200 + "rye" + " after" * 200)
    told = parts_of(editor, rows[Item])
    change = told[told.index("<del>…") :].partition("</li>")[0]
    assert "wheat after" in change and "rye after" in change and len(change) < 300


def test_a_rows_history_tells_of_its_links_and_of_what_was_deleted(editor, rows):
    form = editor.open(Item, rows[Item].pk).add("links", role="original", url="https://example.org/")
    assert form.save().status_code == 302
    assert editor.open(Item, rows[Item].pk).save(links__0__DELETE="on").status_code == 302
    told = parts_of(editor, rows[Item])
    assert "<ins>https://example.org/</ins>" in told and "Deleted" in told


def test_what_has_no_revisions_is_in_the_log_of_the_history_page(editor, rows):
    factories.make_placement(rows[Item], rows[Issue])
    editor.open(Issue, rows[Issue].pk).save(placements__0__position="7")
    log = editor.client.get(address(rows[Issue])).content.decode().partition('<table id="admin-log">')[2]
    assert "Position" in log and "placement" in log


def test_histories_of_odd_addresses_break_nothing(editor):
    for key in ("abc", "9" * 30, "99999", "%00"):
        for rest in (f"{key}/history/", f"{key}/history/1/", f"1/history/{key}/"):
            assert editor.client.get(f"/admin/archive/item/{rest}").status_code == 404
            assert editor.client.post(f"/admin/archive/item/{rest}").status_code == 404


@pytest.mark.parametrize("model", KINDS)
def test_a_form_sent_back_as_it_was_leaves_no_revision_and_keeps_the_pages(editor, rows, model):
    """Browsers submit CRLF line ends, which must not count as a change."""
    rows[ItemTranslation].body = "One\n\n* two\n* three"
    rows[ItemTranslation].save()
    factories.make_placement(rows[Item], rows[Issue])
    announce_change([rows[Item]], [rows[Issue]])
    before = kept()
    form = editor.open(model, rows[model].pk)
    data = {
        name: values[0].replace("\n", "\r\n") if len(values) == 1 else values for name, values in form.data.items()
    }
    assert editor.client.post(form.url, data).status_code == 302
    assert kept() == before


def kept() -> list:
    """All revisions, and the cache version."""
    revisions = [model.history.count() for model in KINDS]
    return [revisions, CacheVersion.current().number]
