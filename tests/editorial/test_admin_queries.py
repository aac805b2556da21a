"""The number of queries of saving in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.archive.models import Issue, Item
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_saving_one_text_on_the_item_page_takes_at_most_40_queries(editor):
    issue = make.make_full_issue("17", 3)
    item = issue.items.first()
    make.make_link(item)
    make.make_topic(items=[item])
    form = editor.open(Item, item.pk)
    with CaptureQueriesContext(connection) as captured:
        assert form.save(**{f"{form.text('en')}-title": "One text"}).status_code == 302
    assert item.written("en").title == "One text"
    assert len(captured) <= 40, "\n".join(q["sql"][:150] for q in captured)


def test_saving_a_long_issue_takes_no_more_queries_than_a_short_one(editor):
    counts = []
    for number, size in (("17", 6), ("18", 40)):
        form = editor.open(Issue, make.make_full_issue(number, size).pk)
        with CaptureQueriesContext(connection) as captured:
            assert form.save(**{f"{form.text('en')}-title": "One text"}).status_code == 302
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 40
