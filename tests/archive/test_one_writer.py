"""The check that only `archive.authoring` writes content finds other writers."""

import pytest

from digest.archive.models import Item, Link
from tests import factories as make
from tests import one_writer

pytestmark = pytest.mark.django_db


def by_the_portal(statement: str):
    """Run a statement as if it were in a file of the portal outside `archive.authoring`."""
    code = compile(statement, f"{one_writer._PORTAL[0]}editorial/admin/careless.py", "exec")
    exec(code, {"Item": Item, "Link": Link})  # noqa: S102  the statements above


@pytest.mark.parametrize(
    "statement",
    [
        "Item.objects.create(kind='news')",
        "Item.objects.update(genre='paper')",
        "Item.objects.all().delete()",
        "Link.objects.bulk_create([Link(item_id=Item.objects.first().pk, role='data')])",
        "Item.objects.first().translations.first().save()",
        "Item.objects.first().places.add('TW')",
    ],
)
def test_a_write_past_the_writer_is_seen(statement):
    make.make_item()
    make.make_place("TW")
    by_the_portal(statement)
    seen = one_writer.faults.copy()
    one_writer.faults.clear()  # else the watch fails this test as well
    assert seen and all("careless.py" in fault for fault in seen)


def test_what_a_test_writes_itself_is_not_counted():
    Item.objects.create(kind="news")
    assert one_writer.faults == []
