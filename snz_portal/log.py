"""Log lines: a client's mistake and an outage of the database take one line, every other fault its traceback."""

import copy
import logging
import re
import sqlite3
import time
from collections.abc import Callable

from digest.common.storage_errors import is_storage_error

OUTAGE_SECONDS = 60  # between two lines about the same outage, in each process
# Anybody who has such an address can act for a subscriber.
_TOKEN = re.compile(r"(/(?:u|confirm|not-me|preferences|address)/)[\w%-]{20,}")
# PostgreSQL's classes of errors that are about the server and not about one statement: connection, resources,
# operator intervention, system. 57014 is a statement that took too long.
_SERVER_ERRORS = ("08", "53", "57", "58")
_STATEMENT_CANCELLED = "57014"


def is_outage(fault: BaseException | None) -> bool:
    """Whether the database or the disk as a whole cannot be used, so that every request meets the same fault."""
    if fault is None or not is_storage_error(fault):
        return False
    cause = fault.__cause__  # the driver's exception, which knows the code
    if isinstance(cause, sqlite3.Error):  # SQLITE_ERROR is a mistake in a statement, such as a missing column
        return getattr(cause, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    code: str | None = getattr(cause, "pgcode", None)  # None: the connection is gone
    return code is None or (code.startswith(_SERVER_ERRORS) and code != _STATEMENT_CANCELLED)


def _fault(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _is_of_outage(record: logging.LogRecord) -> bool:
    """The record has the fault itself, or it is about an answer of 503, or it was logged with `is_outage`."""
    return (
        is_outage(_fault(record))
        or getattr(record, "status_code", 0) == 503
        or bool(getattr(record, "is_outage", False))
    )


class OutageFilter(logging.Filter):
    """Lets one record about an outage through each minute and counts the others."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._next = float("-inf")
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if not _is_of_outage(record):
            return True
        if self._clock() < self._next:
            self._left_out += 1
            return False
        record.left_out, self._left_out = self._left_out, 0
        self._next = self._clock() + OUTAGE_SECONDS
        return True


class OneLine(logging.Formatter):
    """Leaves out the traceback of answers of 400 to 499, which scanners make by the thousand, and of outages.

    Tokens in the addresses of pages are left out of every line.
    """

    def format(self, record: logging.LogRecord) -> str:
        if 400 <= getattr(record, "status_code", 0) < 500:
            text = self._on_one_line(record)
        elif _is_of_outage(record):
            text = self._on_one_line(record) + _details_of_outage(record)
        else:
            text = super().format(record)
        return _TOKEN.sub(r"\1…", text)

    def _on_one_line(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)  # other handlers see all of it
        record.exc_info = record.exc_text = None
        return " ".join(super().format(record).splitlines())


def _details_of_outage(record: logging.LogRecord) -> str:
    fault, left_out = _fault(record), getattr(record, "left_out", 0)
    text = f": {type(fault).__name__}: {' '.join(str(fault).split())}" if fault else ""
    return text + (f" ({left_out} more lines about it were left out)" if left_out else "")
