"""What a save in the admin asks of the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.archive.models import Item
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_saving_one_text_on_the_item_page_takes_at_most_40_queries(desk):
    issue = make.make_full_issue("17", 3)
    item = issue.items.first()
    make.make_link(item)
    make.make_topic(items=[item])
    form = desk.open(Item, item.pk)
    with CaptureQueriesContext(connection) as captured:
        assert form.save(**{f"{form.text('en')}-title": "One text"}).status_code == 302
    assert item.written("en").title == "One text"
    assert len(captured) <= 40, "\n".join(q["sql"][:150] for q in captured)
