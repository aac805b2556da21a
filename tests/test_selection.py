"""Which tests `make test` and `make test-full` run on each database."""

from pathlib import Path
from typing import Any

import pytest

from tests import selection


class Item:
    """The parts of a pytest item that the selection uses."""

    parent = "a module"
    path = Path("tests/archive/test_something.py")

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


def selected(*, is_postgres: bool) -> list[str]:
    out = selection.deselected(ITEMS, is_postgres=is_postgres)
    return [item.name for item in ITEMS if item not in out]


@pytest.fixture(autouse=True)
def use_default_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Test the default selection, whatever the options of this run."""
    monkeypatch.setattr(selection, "is_full", False)
    monkeypatch.setattr(selection, "is_stopwatch", False)


RACES = [f"test_races[{number}]" for number in range(3)]
CASES = [f"test_cases[{number}]" for number in range(7)]


def test_slow_and_timed_tests_do_not_run_on_sqlite() -> None:
    assert selected(is_postgres=False) == ["test_plain", *CASES, *RACES]


def test_a_sample_and_all_marked_tests_run_on_postgresql() -> None:
    assert selected(is_postgres=True) == ["test_cases[0]", "test_cases[5]", *RACES]


def test_the_full_run_has_all_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "is_full", True)
    assert selected(is_postgres=False) == ["test_plain", "test_slow", *CASES, *RACES]
    assert selected(is_postgres=True) == ["test_slow", *CASES, *RACES]


def test_timed_tests_run_separately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "is_stopwatch", True)
    assert selected(is_postgres=False) == ["test_speed"]
