"""Where SQLite and PostgreSQL differ for the outbox: the database's clock, and locked rows."""

import datetime as dt

from django.db import connection


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def now() -> str:
    """SQL for the database's time. The outbox uses no other: the clocks of senders' machines may differ."""
    return "statement_timestamp()" if _is_postgresql() else "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"


def clock() -> dt.datetime:
    """The database's time, an aware datetime."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {now()}", [])
        value: dt.datetime | str = cursor.fetchone()[0]
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)


def later(seconds: str = "%s") -> str:
    """SQL for the database's time plus seconds, which are a parameter or a column."""
    if _is_postgresql():
        return f"statement_timestamp() + make_interval(secs => {seconds})"
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+' || CAST({seconds} AS TEXT) || ' seconds')"


def skip_locked() -> str:
    """SQL that skips rows another sender has locked; SQLite has one writer at a time anyway."""
    return "FOR UPDATE SKIP LOCKED" if _is_postgresql() else ""


def make_durable() -> None:
    """Make each commit of this connection wait for the disk, so that it survives a power cut."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on" if _is_postgresql() else "PRAGMA synchronous=FULL")
