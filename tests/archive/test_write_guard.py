"""The check of content writes detects violations."""

import pytest

from digest.archive.models import Item, Link
from tests import factories as make
from tests import write_guard

pytestmark = pytest.mark.django_db


def run_as_portal(statement: str):
    """Run a statement as if it were in a file of the portal outside `archive.authoring`."""
    code = compile(statement, f"{write_guard._PORTAL[0]}editorial/admin/careless.py", "exec")
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
def test_a_write_outside_authoring_is_detected(statement):
    make.make_item()
    make.make_place("TW")
    run_as_portal(statement)
    seen = write_guard.violations.copy()
    write_guard.violations.clear()  # so that this test does not fail
    assert seen and all("careless.py" in violation for violation in seen)


def test_writes_of_a_test_are_ignored():
    Item.objects.create(kind="news")
    assert write_guard.violations == []
