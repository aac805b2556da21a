"""One archive for all tests of a module that only read; `room` gives a test one of its own to change."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.portal.reading_room import Room, make_room


@pytest.fixture(scope="module")
def archive(django_db_setup: None, django_db_blocker: "pytest.FixtureRequest") -> Iterator[Room]:
    """An archive that no test changes: made once a module, rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_room()
        transaction.set_rollback(True)


@pytest.fixture
def room(db: None) -> Room:
    """An archive that the test may change."""
    return make_room()
