"""For all tests: which of them run, every mail is checked, and SQLite's append-only tables can be emptied."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from hypothesis import settings

from digest.archive import changes
from tests import one_writer, selection
from tests.mailing import email_checks

settings.register_profile("portal", deadline=None)  # that a machine is busy is no fault of a test
settings.load_profile("portal")
DatabaseOperations = DatabaseWrapper.ops_class
append_only = importlib.import_module("digest.subscriptions.migrations.0002_consent_is_append_only")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="leave no slow test out")
    parser.addoption("--stopwatch", action="store_true", help="only the tests that compare times")


def pytest_configure(config: pytest.Config) -> None:
    selection.is_full = config.getoption("full")
    selection.is_stopwatch = config.getoption("stopwatch")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = selection.left_out(items, is_postgres=connection.vendor == "postgresql")
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True, scope="session")
def consent_may_be_flushed() -> Iterator[None]:
    """Django empties SQLite's tables by DELETE, which the triggers refuse; on PostgreSQL by TRUNCATE."""
    plain = DatabaseOperations.execute_sql_flush

    def flush(self: Any, sql_list: list[str]) -> None:
        for statement in append_only.DROP["sqlite"]:
            connection.cursor().execute(statement.replace("DROP TRIGGER", "DROP TRIGGER IF EXISTS"))
        plain(self, sql_list)
        for statement in append_only.MAKE["sqlite"]:
            connection.cursor().execute(statement)

    DatabaseOperations.execute_sql_flush = flush
    yield
    DatabaseOperations.execute_sql_flush = plain


@pytest.fixture(autouse=True, scope="session")
def watch_over_mails() -> Iterator[None]:
    with email_checks.every_mail_checked():
        yield


@pytest.fixture(autouse=True, scope="session")
def watch_over_writers() -> Iterator[None]:
    with one_writer.watched():
        yield


@pytest.fixture(autouse=True)
def content_has_one_writer(watch_over_writers: None) -> Iterator[None]:
    """Whatever a test is about, the portal writes content of the archive through `archive.authoring` alone."""
    one_writer.faults.clear()
    yield
    assert not one_writer.faults, one_writer.faults


@pytest.fixture(autouse=True)
def no_fragments_of_other_tests() -> None:
    """Rolled back rows give their keys to those of the next test."""
    cache.clear()


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[changes.Change]:
    """The changes that are announced during the test."""
    heard: list[changes.Change] = []
    monkeypatch.setattr(changes, "_listeners", [*changes._listeners, heard.append])
    return heard


@pytest.fixture(autouse=True)
def every_mail_is_checked(watch_over_mails: None) -> Iterator[None]:
    """Whatever a test is about, no mail that it makes may break a rule of their format (F1-F9)."""
    email_checks.faults.clear()
    yield
    assert not email_checks.faults, email_checks.faults
