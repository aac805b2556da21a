"""Publishing and withdrawing issues and items in the admin, and how placements change the state of items."""

import pytest
from django.contrib.admin.models import LogEntry

from digest.archive.models import Issue, Item, Placement
from tests import factories
from tests.editorial.editor_client import messages

pytestmark = pytest.mark.django_db


def status(client, row) -> int:
    path = f"issues/{row.number}" if isinstance(row, Issue) else f"items/{row.pk}"
    return client.get(f"/en/{path}/").status_code


@pytest.fixture
def draft():
    """A draft issue with one item."""
    issue, item = factories.make_issue("18", published=False), factories.make_item(published=False)
    factories.make_placement(item, issue)
    return issue, item


def test_a_draft_and_its_items_are_invisible(editor, client, draft):
    issue, item = draft
    editor.open(Issue, issue.pk).save(date="2024-09-30")
    editor.open(Item, item.pk).save(genre="paper")
    assert [status(client, row) for row in draft] == [404, 404]
    assert f"/items/{item.pk}/" not in client.get("/en/sections/research/").content.decode()


def test_publishing_asks_first(editor, client, draft):
    page = editor.act("publish", draft[0])
    assert "Publish these issues and their items?" in page.content.decode()
    assert "Issue 18 shows 1 item." in page.content.decode()
    assert status(client, draft[0]) == 404


def test_publishing_shows_the_issue_and_its_items(editor, client, draft):
    page = editor.act("publish", draft[0], confirmed="yes")
    assert "1 issue published." in messages(page)
    assert [status(client, row) for row in draft] == [200, 200]


def test_withdrawing_hides_both(editor, client, draft):
    editor.act("publish", draft[0], confirmed="yes")
    assert "Withdraw these issues" in editor.act("withdraw", draft[0]).content.decode()
    editor.act("withdraw", draft[0], confirmed="yes")
    assert [status(client, row) for row in draft] == [404, 404]


def test_publishing_and_withdrawing_are_each_announced_once(editor, draft, announced):
    for action in ("withdraw", "publish", "withdraw"):
        editor.act(action, draft[0], confirmed="yes")
    assert [change.is_public for change in announced] == [True, True]  # a draft cannot be withdrawn


def test_the_form_has_a_button_that_leads_to_the_question(editor, draft):
    form = editor.open(Issue, draft[0].pk)
    address = f"/admin/archive/issue/{draft[0].pk}/ask/publish/"
    assert address in form.html
    question = editor.visit(address)
    assert question.data["action"] == ["publish"] and question.data["_selected_action"] == [str(draft[0].pk)]


@pytest.mark.parametrize("action", ["delete_selected", "merge", "nonsense"])
def test_the_button_asks_for_nothing_else(editor, draft, action):
    assert editor.client.get(f"/admin/archive/issue/{draft[0].pk}/ask/{action}/").status_code == 404


def test_what_was_published_is_in_the_log(editor, draft):
    editor.act("publish", draft[0], confirmed="yes")
    assert "published at" in LogEntry.objects.get(object_id=draft[0].pk).change_message


def test_an_item_without_issue_is_published_and_withdrawn_by_itself(editor, client):
    item = factories.make_item(published=False)
    editor.act("publish", item, confirmed="yes")
    assert status(client, item) == 200
    editor.act("withdraw", item, confirmed="yes")
    assert status(client, item) == 404


def test_an_item_of_a_draft_issue_waits_for_it(editor, client, draft):
    page = editor.act("publish", draft[1], confirmed="yes")
    assert "be published with their issue" in messages(page)
    assert status(client, draft[1]) == 404


def test_an_item_withdrawn_from_a_published_issue_comes_back_by_its_button(editor, client):
    issue, item = factories.make_issue(), factories.make_item()
    factories.make_placement(item, issue)
    editor.act("withdraw", item, confirmed="yes")
    assert item.summary_text.value not in client.get("/en/issues/17/").content.decode()
    editor.open(Issue, issue.pk).save()
    assert status(client, item) == 404, "saving the issue does not undo it"
    editor.act("publish", item, confirmed="yes")
    assert status(client, item) == 200


def test_an_item_newly_placed_in_a_published_issue_comes_out(editor, client):
    issue, item = factories.make_issue(), factories.make_item(published=False)
    new = {"placements__2__0__item": item.pk, "placements__2__0__section": "research", "placements__2__0__role": "new"}
    assert editor.open(Issue, issue.pk).save(**new).status_code == 302
    assert status(client, item) == 200
    assert f'id="item-{item.pk}"' in client.get("/en/issues/17/").content.decode()


def test_a_new_item_comes_out_with_its_first_placement_in_a_published_issue(editor, client):
    issue = factories.make_issue()
    form = editor.open(Item).add("placements", issue=issue.pk, section="news")
    assert form.save(kind="news", translations__1__title="Fresh news").status_code == 302
    assert "Fresh news" in client.get("/en/issues/17/").content.decode()


def test_without_a_position_an_item_goes_to_the_end(editor):
    issue, item = factories.make_full_issue(blocks=3), factories.make_item()
    new = {"placements__2__0__item": item.pk, "placements__2__0__section": "research", "placements__2__0__role": "new"}
    editor.open(Issue, issue.pk).save(**new)
    assert Placement.objects.get(item=item).position == 3


def test_an_item_that_leaves_its_last_published_issue_is_withdrawn_and_the_editor_told(editor, client):
    issue, item = factories.make_issue(), factories.make_item()
    factories.make_placement(item, issue)
    page = editor.open(Issue, issue.pk).save(placements__0__DELETE="on", _continue="1")
    assert "was withdrawn" in messages(editor.client.get(page.headers["Location"]))
    assert status(client, item) == 404


def test_an_item_moved_to_a_draft_goes_from_the_public_with_it(editor, client, draft):
    item = factories.make_item()
    placement = factories.make_placement(item, factories.make_issue())
    editor.open(Placement, placement.pk).save(issue=draft[0].pk)
    assert status(client, item) == 404


def test_an_item_published_by_itself_stays_when_it_is_placed_in_a_draft(editor, client, draft):
    item = factories.make_item()
    editor.open(Placement).save(item=item.pk, issue=draft[0].pk, section="research", role="new")
    assert status(client, item) == 200


def test_an_item_deleted_from_one_of_two_published_issues_stays(editor, client):
    item = factories.make_item()
    factories.make_placement(item, factories.make_issue("16"))
    second = factories.make_placement(item, factories.make_issue("17"), "look_back")
    editor.delete(second)
    assert status(client, item) == 200


def test_deleting_an_issue_hides_its_items_unless_another_shows_them(editor, client):
    issue, both, alone = factories.make_issue("16"), factories.make_item(), factories.make_item()
    for item in (both, alone):
        factories.make_placement(item, issue)
    factories.make_placement(both, factories.make_issue("17"), "look_back")
    editor.act("delete_selected", issue, post="yes")
    assert (status(client, both), status(client, alone)) == (200, 404)


def test_the_home_moves_from_one_issue_to_another_in_one_go(editor):
    item = factories.make_item()
    old, new = factories.make_issue("16"), factories.make_issue("17")
    factories.make_placement(item, old, position=1)
    factories.make_placement(item, new, "look_back", position=2)
    response = editor.open(Item, item.pk).save(placements__0__role="look_back", placements__1__role="new")
    assert response.status_code == 302
    assert Placement.objects.get(item=item, role="new").issue == new


def test_a_home_is_deleted_and_another_made_in_one_go(editor):
    item = factories.make_item()
    factories.make_placement(item, factories.make_issue("16"), "look_back", position=1)
    factories.make_placement(item, factories.make_issue("17"), position=2)
    editor.open(Item, item.pk).save(placements__0__role="new", placements__1__DELETE="on")
    assert Placement.objects.get(item=item).issue.number == "16"
