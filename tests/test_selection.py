"""What `make test` leaves out on each database; `make test-full` leaves out nothing but what compares times."""

from typing import Any

import pytest

from tests import selection


class Item:
    """As much of a pytest item as the selection asks for."""

    parent = "a module"

    def __init__(self, name: str, *marks: str, uses_database: bool = True) -> None:
        self.name, self.originalname, self.marks = name, name.partition("[")[0], marks
        self.fixturenames = ["db"] if uses_database else []

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None


ITEMS: list[Any] = [
    Item("test_plain", uses_database=False),
    Item("test_slow", "full"),
    Item("test_speed", "stopwatch"),
    *(Item(f"test_cases[{number}]") for number in range(7)),
    *(Item(f"test_races[{number}]", "postgresql", uses_database=False) for number in range(3)),
]


def chosen(*, is_postgres: bool) -> list[str]:
    out = selection.deselected(ITEMS, is_postgres=is_postgres)
    return [item.name for item in ITEMS if item not in out]


@pytest.fixture(autouse=True)
def ordinary_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever run these tests themselves are part of."""
    monkeypatch.setattr(selection, "is_full", False)
    monkeypatch.setattr(selection, "is_stopwatch", False)


RACES = [f"test_races[{number}]" for number in range(3)]
CASES = [f"test_cases[{number}]" for number in range(7)]


def test_on_sqlite_all_run_but_the_slow_ones_and_those_that_compare_times() -> None:
    assert chosen(is_postgres=False) == ["test_plain", *CASES, *RACES]


def test_on_postgresql_a_sample_of_what_uses_the_database_runs_and_all_that_is_marked() -> None:
    assert chosen(is_postgres=True) == ["test_cases[0]", "test_cases[5]", *RACES]


def test_the_full_run_has_every_case_on_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "is_full", True)
    assert chosen(is_postgres=False) == ["test_plain", "test_slow", *CASES, *RACES]
    assert chosen(is_postgres=True) == ["test_slow", *CASES, *RACES]


def test_times_are_compared_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "is_stopwatch", True)
    assert chosen(is_postgres=False) == ["test_speed"]
