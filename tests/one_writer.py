"""Watches every statement of every test: content of the archive is written by `archive.authoring` and `changes` alone.

Rows that a test makes by hand are the test's own business. What the portal's code writes on its own account, in any
test, is kept in `faults`.
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
_ROWS = str(PurePath(BASE_DIR, "digest", "archive", "models"))
_PORTAL = tuple(str(PurePath(BASE_DIR, name)) + "/" for name in ("digest", "snz_portal"))
_TESTS = str(PurePath(BASE_DIR, "tests"))
faults: list[str] = []


@contextmanager
def watched() -> Iterator[None]:
    """Watch all connections, those of other threads as well."""
    for connection in connections.all():
        connection.execute_wrappers.append(_judge)
    connection_created.connect(_watch, dispatch_uid="one_writer")
    yield
    connection_created.disconnect(dispatch_uid="one_writer")


def _watch(connection: Any, **_: Any) -> None:
    if _judge not in connection.execute_wrappers:
        connection.execute_wrappers.append(_judge)


def _judge(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    if (found := _WRITES.match(str(sql))) and found[1] in _tables() and (culprit := _who_writes()):
        faults.append(f"{found[0]} by {culprit}")
    return execute(sql, params, many, context)


@cache
def _tables() -> set[str]:
    content = {model._meta.db_table for model in apps.get_app_config("archive").get_models(include_auto_created=True)}
    # Revisions are no content: they are kept by simple_history, and let go of users who were deleted.
    return {table for table in content if "_historical" not in table} - {CacheVersion._meta.db_table}


def _who_writes() -> str:
    """The portal's innermost function that is neither the writer nor a model; empty if the writer is at work."""
    frame: Any = sys._getframe(1)
    culprit = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_WRITERS) or "/migrations/" in file:
            return ""
        if not culprit and file.startswith(_TESTS) and file != __file__:
            return ""  # a test stands in for the portal's code
        if not culprit and file.startswith(_PORTAL) and not file.startswith(_ROWS):
            culprit = f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return culprit
