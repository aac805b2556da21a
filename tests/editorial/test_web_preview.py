"""The preview of the page of an unpublished issue."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.archive import authoring
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    issue = make.make_full_issue("18", 3, published=False)
    return issue


def address(issue, language="en") -> str:
    return f"/admin/archive/issue/{issue.pk}/page/{language}/"


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans", "en"])
def test_a_draft_looks_as_it_will_when_it_is_published(editor, client, draft, language):
    preview = editor.client.get(address(draft, language))
    assert "no-store" in preview.headers["Cache-Control"] and preview.status_code == 200
    authoring.publish_issue(draft)
    page = client.get(f"/{language}/issues/18/").content.decode()
    shown = [html.partition("<main")[2].partition("</main>")[0] for html in (preview.content.decode(), page)]
    assert shown[0] == shown[1] != ""


def test_a_preview_writes_nothing_and_uses_no_cache(editor, draft, monkeypatch):
    for name in ("get_many", "set_many"):
        monkeypatch.setattr(cache, name, lambda *args: pytest.fail("the cache was used"))
    with CaptureQueriesContext(connection) as captured:
        assert editor.client.get(address(draft)).status_code == 200
    assert not [q["sql"] for q in captured if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_what_was_withdrawn_by_itself_is_not_in_the_preview(editor, draft):
    item = draft.items.first()
    authoring.publish_items([item.pk])  # it waits for its issue
    authoring.publish_issue(draft)
    authoring.withdraw_items([item.pk])
    authoring.withdraw_issue(draft)
    html = editor.client.get(address(draft)).content.decode()
    assert f"item-{item.pk}" not in html and f"item-{draft.items.last().pk}" in html


def test_a_poster_in_the_preview_has_an_address_that_answers(editor, draft):
    item = make.make_item("event", published=False)
    figure = make.make_figure(item)
    authoring.place_item(item, draft, role="promoted")
    html = editor.client.get(address(draft)).content.decode()
    guarded = f"/admin/archive/figure/{figure.pk}/picture/"
    assert guarded in html and figure.small_address not in html
    assert editor.client.get(guarded).status_code == 200


def test_only_who_may_view_issues_sees_a_preview(client, draft):
    assert client.get(address(draft)).status_code == 302
