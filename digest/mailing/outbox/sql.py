"""Where SQLite and PostgreSQL differ for the outbox: the database's clock, and rows that others hold."""

import datetime as dt

from django.db import connection


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def now() -> str:
    """The database's own time, the only one that the outbox goes by: the machines of senders may differ."""
    return "statement_timestamp()" if _is_postgresql() else "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"


def clock() -> dt.datetime:
    """What `now` says at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {now()}", [])
        told: dt.datetime | str = cursor.fetchone()[0]
    return told if isinstance(told, dt.datetime) else dt.datetime.fromisoformat(told).replace(tzinfo=dt.UTC)


def later(seconds: str = "%s") -> str:
    """The database's time plus seconds: a parameter, or a column."""
    if _is_postgresql():
        return f"statement_timestamp() + make_interval(secs => {seconds})"
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+' || CAST({seconds} AS TEXT) || ' seconds')"


def passing_over_locked() -> str:
    """Take rows that nobody else is taking; SQLite has one writer at a time anyway."""
    return "FOR UPDATE SKIP LOCKED" if _is_postgresql() else ""


def make_durable() -> None:
    """What is recorded survives a power cut, too: a sender's connection waits for the disk at each commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on" if _is_postgresql() else "PRAGMA synchronous=FULL")
