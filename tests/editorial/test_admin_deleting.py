"""The confirmation page for deleting shows what will be deleted with a row."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.archive.models import Issue
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_question_names_the_row_and_counts_what_goes_with_it(editor):
    issue = factories.make_full_issue(blocks=6)
    page = editor.client.get(f"/admin/archive/issue/{issue.pk}/delete/").content.decode()
    assert "<li>Placements: 6</li>" in page and "Blocks" not in page
    assert Issue.objects.exists()


def test_the_question_takes_as_many_queries_for_a_long_issue_as_for_a_short_one(editor):
    counts = []
    for number, blocks in (("6", 6), ("60", 60)):
        issue = factories.make_full_issue(number, blocks=blocks)
        with CaptureQueriesContext(connection) as caught:
            editor.client.get(f"/admin/archive/issue/{issue.pk}/delete/")
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_who_may_not_delete_the_texts_may_not_delete_the_row(editor, django_user_model):
    helper = django_user_model.objects.create_user("helper", is_staff=True)
    may = ["view_item", "delete_item"]
    helper.user_permissions.set(Permission.objects.filter(codename__in=may))
    item = factories.make_item()
    editor.client.force_login(helper)
    page = editor.client.get(f"/admin/archive/item/{item.pk}/delete/").content.decode()
    assert "doesn't have permission" in page or "doesn’t have permission" in page
    assert editor.delete(item).status_code == 403


def test_who_may_only_look_sees_the_forms_and_changes_nothing(editor, django_user_model):
    helper = django_user_model.objects.create_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    issue = factories.make_full_issue(blocks=2)
    item = issue.items.first()
    editor.client.force_login(helper)
    for address in (f"issue/{issue.pk}/change/", f"item/{item.pk}/change/", "item/", f"item/{item.pk}/history/"):
        assert editor.client.get(f"/admin/archive/{address}").status_code == 200, address
    assert editor.client.post(f"/admin/archive/issue/{issue.pk}/change/", {}).status_code == 403
    assert editor.client.get(f"/admin/archive/issue/{issue.pk}/ask/publish/").status_code == 404
