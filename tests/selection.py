"""Selects the tests that `make test` runs; `make test-full` (pytest's option `--full`) runs more.

- Tests and parameters marked `full` are slow and similar to others that always run.
- Tests marked `stopwatch` compare times, which a busy machine may distort. `make bench` runs them (`--stopwatch`).
- On PostgreSQL, tests without a database do not run again. Of a test with many parameters, every fifth case runs,
  because parameters seldom change the SQL. The same holds for tests of a file about imports or the web server.
  Tests marked `postgresql` run with all cases, even if they do not use pytest-django's database. The SQL of tests
  marked `sqlite` is covered by others.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
SAMPLE = 5  # run one in this many cases
SAMPLED_FOLDERS = {"intake", "portal"}  # other tests cover the same SQL
is_full = False  # set from the options before tests are collected
is_stopwatch = False


def sampled(cases: Iterable[Any]) -> list[Any]:
    """Mark all but every fifth case as `full`, for `parametrize` with one argument."""
    return [
        pytest.param(case, marks=[pytest.mark.full] if number % SAMPLE else []) for number, case in enumerate(cases)
    ]


def deselected(items: Iterable[pytest.Item], *, is_postgres: bool) -> set[pytest.Item]:
    """Return the tests that do not run."""
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
    """Return whether a test uses pytest-django's database."""
    fixtures: set[str] = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)
