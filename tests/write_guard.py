"""Checks all SQL statements in tests: only `archive.authoring` and `archive.changes` may write content.

Rows that a test creates itself are ignored. Other writes by the portal's code are added to `violations`.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import PurePath
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.signals import connection_created

from digest.archive.models import CacheVersion
from snz_portal.settings import BASE_DIR

_WRITES = re.compile(r'(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM) "(archive_[a-z_]+)"')
_WRITERS = tuple(str(PurePath(BASE_DIR, "digest", "archive", name)) for name in ("authoring", "changes.py"))
_MODELS = str(PurePath(BASE_DIR, "digest", "archive", "models"))
_PORTAL = tuple(str(PurePath(BASE_DIR, name)) + "/" for name in ("digest", "snz_portal"))
_TESTS = str(PurePath(BASE_DIR, "tests"))
violations: list[str] = []


@contextmanager
def guard_writes() -> Iterator[None]:
    """Check all database connections, including those of other threads."""
    for connection in connections.all():
        connection.execute_wrappers.append(_check_statement)
    connection_created.connect(_check_connection, dispatch_uid="write_guard")
    yield
    connection_created.disconnect(dispatch_uid="write_guard")


def _check_connection(connection: Any, **_: Any) -> None:
    if _check_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_check_statement)


def _check_statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    if (found := _WRITES.match(str(sql))) and found[1] in _tables() and (writer := _find_writer()):
        violations.append(f"{found[0]} by {writer}")
    return execute(sql, params, many, context)


@cache
def _tables() -> set[str]:
    content = {model._meta.db_table for model in apps.get_app_config("archive").get_models(include_auto_created=True)}
    # Revisions are not content: simple_history writes them, and updates them when users are deleted.
    return {table for table in content if "_historical" not in table} - {CacheVersion._meta.db_table}


def _find_writer() -> str:
    """Return the innermost function of the portal outside models, or "" if an allowed writer or a test is writing."""
    frame: Any = sys._getframe(1)
    writer = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_WRITERS) or "/migrations/" in file:
            return ""
        if not writer and file.startswith(_TESTS) and file != __file__:
            return ""  # written by the test itself
        if not writer and file.startswith(_PORTAL) and not file.startswith(_MODELS):
            writer = f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return writer
