"""Rows of every model can be listed, added, changed and deleted, with one Change each."""

import pytest

from digest.archive.models import Correction, Figure, Issue, Item, Place, Placement, Source, Topic
from tests import factories
from tests.editorial.editor_client import errors

pytestmark = pytest.mark.django_db

LISTED = [Issue, Item, Topic, Source, Place, Figure, Correction, Placement]


@pytest.fixture
def rows():
    """One row of every model."""
    issue, source = factories.make_issue(), factories.make_source()
    item = factories.make_item(source=source)
    return {
        Issue: issue,
        Item: item,
        Topic: factories.make_topic(items=[item]),
        Source: factories.make_source("Second", name_zh="第二"),
        Place: factories.make_place(),
        Figure: factories.make_figure(item, size=None),
        Correction: factories.make_correction(item),
        Placement: factories.make_placement(item, issue),
    }


@pytest.mark.parametrize("model", LISTED)
def test_the_list_shows_it_and_finds_it(editor, rows, model):
    assert editor.list(model).status_code == 200
    assert editor.list(model, "?q=17").status_code == 200


@pytest.mark.parametrize("model", LISTED)
def test_it_is_saved_unchanged_and_no_page_is_made_anew(editor, rows, announced, model):
    response = editor.open(model, rows[model].pk).save()
    assert response.status_code == 302, errors(response)
    assert announced == []


@pytest.mark.parametrize("model", LISTED)
def test_it_is_deleted(editor, rows, announced, model):
    assert editor.delete(rows[model]).status_code == 302
    assert not model.objects.filter(pk=rows[model].pk).exists()
    assert len(announced) == 1


@pytest.mark.parametrize("model", LISTED)
def test_several_are_deleted_from_the_list(editor, rows, announced, model):
    assert editor.act("delete_selected", rows[model], post="yes").status_code == 200
    assert not model.objects.filter(pk=rows[model].pk).exists()
    assert len(announced) == 1


NEW = {
    Issue: {"number": "18", "translations__0__title": "第十八期"},
    Item: {"kind": "news", "translations__0__title": "新的一則"},
    Topic: {"name": "Dike", "facet": "land", "translations__1__label": "Dike"},
    Source: {"kind": "news", "translations__0__name": "新報"},
    Place: {"code": "JP"},
    Figure: {"role": "figure", "number": "7", "translations__0__caption": "圖"},
    Correction: {"date": "2024-09-01", "translations__1__note": "Two hectares, not three."},
    Placement: {"section": "research", "role": "look_back"},
}


@pytest.mark.parametrize("model", LISTED)
def test_it_is_added(editor, rows, announced, model):
    values = dict(NEW[model])
    if model in (Figure, Correction, Placement):
        values["item"] = rows[Item].pk
    if model is Placement:
        values["issue"] = factories.make_issue("19").pk
    announced.clear()
    before = model.objects.count()
    response = editor.open(model).save(**values)
    assert response.status_code == 302, errors(response)
    assert model.objects.count() == before + 1
    assert len(announced) == 1


@pytest.mark.parametrize(("number", "status"), [("18", 302), ("", 200)])
def test_an_issue_is_added_with_an_item_in_it(editor, number, status):
    item = factories.make_item()
    placed = {"placements__2__0__item": item.pk, "placements__2__0__section": "research"}
    assert editor.open(Issue).save(number=number, **placed).status_code == status
    assert Placement.objects.filter(item=item).count() == (status == 302)


@pytest.mark.parametrize("address", ["/admin/", "/admin/archive/", "/admin/auth/user/", "/admin/password_change/"])
def test_the_rest_of_the_admin_opens(editor, address):
    page = editor.client.get(address)
    assert page.status_code == 200 and b"SNZ Digest" in page.content


def test_tags_of_taggit_are_not_offered_beside_topics(editor):
    assert b"taggit" not in editor.client.get("/admin/").content


def test_a_stranger_is_sent_to_the_login(client):
    assert client.get("/admin/archive/item/").headers["Location"].startswith("/admin/login/")
