"""Which tests `make test` runs, and which run in `make test-full` alone (pytest's option `--full`).

- A test or a parameter marked `full` is slow, and another one like it runs every time.
- Tests marked `stopwatch` compare times, which a busy machine may spoil: `make bench` runs them (`--stopwatch`).
- On PostgreSQL: tests without a database do not run, as they have run on SQLite. Of a test with many parameters every
  fifth case runs: what the parameters change is seldom the SQL. Likewise every fifth test of a file about documents
  that come in or pages that go out. Tests marked `postgresql` run with every case, and
  whether they have pytest-django's database or one of their own. Tests marked `sqlite` have their SQL tried by others.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
SAMPLE = 5  # one in so many cases is a sample
SAMPLED_FOLDERS = {"intake", "portal"}  # what they ask of a database, other tests ask as well
is_full = False  # set from the options before tests are collected
is_stopwatch = False


def sampled(cases: Iterable[Any]) -> list[Any]:
    """For `parametrize` with one argument: every fifth case runs always, the others are marked `full`."""
    return [
        pytest.param(case, marks=[pytest.mark.full] if number % SAMPLE else []) for number, case in enumerate(cases)
    ]


def left_out(items: Iterable[pytest.Item], *, is_postgres: bool) -> set[pytest.Item]:
    """Those that do not run this time."""
    cases: Counter[tuple[object, ...]] = Counter()
    found = set()
    for item in items:
        is_timed = item.get_closest_marker("stopwatch") is not None
        if is_timed != is_stopwatch or (item.get_closest_marker("full") and not is_full):
            found.add(item)
            continue
        case = (item.parent, getattr(item, "originalname", item.name))
        if set(item.path.parts) & SAMPLED_FOLDERS:
            case = (item.parent, "")
        cases[case] += 1
        if is_postgres and item.get_closest_marker("sqlite") and not is_full:
            found.add(item)
        elif is_postgres and not item.get_closest_marker("postgresql"):
            is_sampled = is_full or cases[case] % SAMPLE == 1
            if not (uses_database(item) and is_sampled):
                found.add(item)
    return found


def uses_database(item: pytest.Item) -> bool:
    """Whether pytest-django gives it the database."""
    fixtures: set[str] = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)
