"""Fixtures and hooks for all tests."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from hypothesis import settings

from digest.archive import changes
from tests import selection, write_guard
from tests.mailing import email_checks
from tests.sample_archive import SampleArchive, make_sample_archive

settings.register_profile("portal", deadline=None)  # tests must not fail because the machine is busy
settings.load_profile("portal")
DatabaseOperations = DatabaseWrapper.ops_class
append_only = importlib.import_module("digest.subscriptions.migrations.0002_consent_is_append_only")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run slow tests too")
    parser.addoption("--stopwatch", action="store_true", help="run only the tests that compare times")


def pytest_configure(config: pytest.Config) -> None:
    selection.is_full = config.getoption("full")
    selection.is_stopwatch = config.getoption("stopwatch")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    deselected = selection.deselected(items, is_postgres=connection.vendor == "postgresql")
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if item not in deselected]


@pytest.fixture(autouse=True, scope="session")
def allow_flushing_consent() -> Iterator[None]:
    """Let Django empty append-only tables on SQLite, where it uses DELETE, which the triggers reject."""
    original = DatabaseOperations.execute_sql_flush

    def flush(self: Any, sql_list: list[str]) -> None:
        for statement in append_only.DROP["sqlite"]:
            connection.cursor().execute(statement.replace("DROP TRIGGER", "DROP TRIGGER IF EXISTS"))
        original(self, sql_list)
        for statement in append_only.MAKE["sqlite"]:
            connection.cursor().execute(statement)

    DatabaseOperations.execute_sql_flush = flush
    yield
    DatabaseOperations.execute_sql_flush = original


@pytest.fixture(autouse=True, scope="session")
def watch_emails() -> Iterator[None]:
    with email_checks.every_mail_checked():
        yield


@pytest.fixture(autouse=True, scope="session")
def write_guard_active() -> Iterator[None]:
    with write_guard.guard_writes():
        yield


@pytest.fixture(autouse=True)
def check_content_writes(write_guard_active: None) -> Iterator[None]:
    """Fail a test if code outside `archive.authoring` writes content of the archive."""
    write_guard.violations.clear()
    yield
    assert not write_guard.violations, write_guard.violations


@pytest.fixture(autouse=True)
def clear_cache() -> None:
    """Clear cached fragments: after a rollback, the next test may reuse primary keys."""
    cache.clear()


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[changes.Change]:
    """The changes recorded during the test."""
    recorded: list[changes.Change] = []
    monkeypatch.setattr(changes, "_listeners", [*changes._listeners, recorded.append])
    return recorded


@pytest.fixture(autouse=True)
def check_emails(watch_emails: None) -> Iterator[None]:
    """Fail a test if an email it creates breaks a rule of the format (F1-F9)."""
    email_checks.faults.clear()
    yield
    assert not email_checks.faults, email_checks.faults


@pytest.fixture(scope="module")
def sample_archive(django_db_setup: None, django_db_blocker: Any) -> Iterator[SampleArchive]:
    """A sample archive that tests do not change: created once per module and rolled back afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_sample_archive()
        transaction.set_rollback(True)


@pytest.fixture
def editable_archive(db: None) -> SampleArchive:
    """A sample archive that the test may change."""
    return make_sample_archive()
