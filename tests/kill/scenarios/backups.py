"""A database that is put back from a backup in the middle of a mailing [S20]."""

import contextlib
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing, OutboxState
from tests.kill.judge import Result
from tests.kill.ledger import read
from tests.kill.scenarios.base import LIMIT, Scene, line, scene
from tests.kill.workers import Worker, until


def restored(short: bool) -> list[Result]:
    """Once from yesterday, as it were, and once from a moment ago, when the sender held the same mails."""
    number = 300 if short else 5_000
    return [_restored(number, number // 2), _restored(number, 20)]


def _restored(number: int, gap: int) -> Result:
    """The backup is made `gap` mails before the senders are killed and the database is put back."""
    since = time.monotonic()
    with scene("S20", number, delay=0.004) as stage:
        crew = stage.crew(1 if connection.vendor == "sqlite" else 2, 4)
        until(lambda: stage.server.ledger.count >= number // 4, LIMIT)
        put_back = _back_up()
        before = stage.server.ledger.count
        until(lambda: stage.server.ledger.count >= before + gap, LIMIT)
        crew.end()
        stage.server.drain()
        put_back()
        load = f"{number:,} mails, {len(crew.workers)} × 4 connections"
        result = line("S20", f"put back to a backup from {gap:,} mails ago", load)
        _has_to_wait(stage, result)
        _has_to_go_on(stage, result)
        copies = Counter(told.message_id for told in read(stage.server.ledger.path))
        result.seconds = round(time.monotonic() - since, 1)
        result.duplicates = sum(copies.values()) - len(copies)
        return result


def _has_to_wait(stage: Scene, result: Result) -> None:
    count = stage.server.ledger.count
    for _ in range(2):
        if not Worker(stage.server.url, 4).wait(LIMIT):
            result.wrong.append("a sender did not say that mail is locked")
    if not outbox.is_locked() or stage.server.ledger.count != count:
        result.wrong.append(f"{stage.server.ledger.count - count} mails before anybody unlocked")
    result.note = f"{stage.server.ledger.count - count} of {stage.left} before it was unlocked"


def _has_to_go_on(stage: Scene, result: Result) -> None:
    """The operator marks what the server's log has, here by cancelling, and lets another mailing go."""
    outbox.cancel(stage.mailing)
    outbox.unlock()
    count = stage.server.ledger.count
    if code := Worker(stage.server.url, 4).wait(LIMIT):
        result.wrong.append(f"once unlocked, a sender ended with {code}")
    if outbox.is_locked() or stage.server.ledger.count != count:
        result.wrong.append("what was cancelled went out, or it was locked again")


def _back_up() -> Callable[[], None]:
    """What puts the database back: SQLite's own backup; of PostgreSQL the tables that tell of mail, of one commit."""
    if connection.vendor == "sqlite":
        file = Path(settings.DATABASES["default"]["NAME"]).with_suffix(".backup")
        _copy(settings.DATABASES["default"]["NAME"], file)
        return lambda: _copy(file, settings.DATABASES["default"]["NAME"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        kept = [(model, list(model._default_manager.all())) for model in (Mailing, Delivery, OutboxState)]

    def put_back() -> None:
        with transaction.atomic():
            for model, rows in kept:
                fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
                model._default_manager.bulk_update(rows, fields, batch_size=200)

    return put_back


def _copy(source: str | Path, target: str | Path) -> None:
    connection.close()
    with contextlib.closing(sqlite3.connect(source)) as one, contextlib.closing(sqlite3.connect(target)) as other:
        one.backup(other)
