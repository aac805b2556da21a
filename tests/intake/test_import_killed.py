"""kill -9 in the midst of an import: the archive has all of the issue or nothing of it, and the next run completes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from tests.intake.documents import make_newsletter

pytestmark = pytest.mark.django_db(transaction=True)  # a database in the midst of a transaction cannot be copied

MOMENTS = [("writing", 0.0), ("writing", 0.3), ("told", 0.0), ("told", 0.15)]  # what is waited for, seconds after it
PATIENCE = 30  # seconds for a moment to come


@dataclass
class Archive:
    """A migrated, empty database of its own that other programs can open."""

    url: str

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with closing(self._open()) as opened, closing(opened.cursor()) as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def _open(self):
        if connection.vendor == "sqlite":
            return sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=0)
        return connection.Database.connect(self.url)

    def counts(self) -> list[tuple[object, ...]]:
        """How many rows each table of the archive has."""
        models = apps.get_app_config("archive").get_models(include_auto_created=True)
        tables = sorted(model._meta.db_table for model in models)
        return [(name, self.ask(f"SELECT count(*) FROM {name}")[0][0]) for name in tables]  # noqa: S608

    def is_written_to(self) -> bool:
        """Whether somebody is in the midst of a transaction that writes."""
        if connection.vendor == "sqlite":
            try:
                self.ask("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            return False
        name = urlsplit(self.url).path.strip("/")
        sql = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND backend_xid IS NOT NULL"  # noqa: S608
        return self.ask(sql) != [(0,)]


@pytest.fixture
def archive(transactional_db, tmp_path) -> Iterator[Archive]:
    """A copy of the tests' own database, empty."""
    if connection.vendor == "sqlite":
        path = tmp_path / "archive.sqlite3"
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as target:
            connection.connection.backup(target)
        yield Archive(f"sqlite:///{path}")
        return
    connection.close()  # a template may have no visitors
    server, template = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    with closing(connection.Database.connect(server)) as opened, closing(opened.cursor()) as cursor:
        opened.autocommit = True
        cursor.execute(f'DROP DATABASE IF EXISTS "{template}_killed"')
        cursor.execute(f'CREATE DATABASE "{template}_killed" TEMPLATE "{template}"')
        yield Archive(urlsplit(server)._replace(path=f"/{template}_killed").geturl())
        cursor.execute(f'DROP DATABASE "{template}_killed" WITH (FORCE)')


def start(archive: Archive, document: Path, *options: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": archive.url}
    command = [sys.executable, "-u", "manage.py", "import_newsletter", str(document), *options]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE)


def kill_at(moment: str, seconds: float, archive: Archive, document: Path) -> int:
    """Start an import and kill it so long after the moment; its return code."""
    with start(archive, document) as process:
        if moment == "told":  # the differences are told when all rows are written and nothing is kept yet
            process.stdout.readline()
        end = time.monotonic() + PATIENCE
        while moment == "writing" and not archive.is_written_to() and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.005)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    return process.returncode


def test_a_killed_import_leaves_all_or_nothing_and_can_be_run_again(archive, tmp_path):
    item = "題目{0}的田埂\n\n2024 年 4 月 2 日 | 稻作學刊{0} | [英文摘要](#) | 第{0}塊田的水還在（[原文](#)）。\n\n"
    document = tmp_path / "issue.txt"
    document.write_text(make_newsletter() + "\n科技研究\n\n" + "".join(map(item.format, range(100))), encoding="utf-8")
    nothing, killed, seen = archive.counts(), [], []
    for moment, seconds in MOMENTS:
        killed.append(kill_at(moment, seconds, archive, document))
        seen.append(archive.counts())
    with start(archive, document) as process:
        process.communicate()
    everything = archive.counts()
    assert process.returncode == 0 and dict(everything)["archive_item"] == 110
    assert all(counts in (nothing, everything) for counts in seen)
    assert -signal.SIGKILL in killed and seen[0] == nothing
    with start(archive, document, "--json") as process:
        assert json.loads(process.communicate()[0])["changes"] == []
    assert archive.counts() == everything
