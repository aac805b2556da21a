"""A portal with a database of its own: its environment, its commands, its tables. The test and the maker share it."""

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
# The site of the saved databases. Its key signed the links and the bounce addresses of the mails it sent.
SITE = {
    "DJANGO_SETTINGS_MODULE": "tests.upgrade.settings",
    "SECRET_KEY": "only-for-the-upgrade-test-" * 3,
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver",
    "MAIL_TRANSPORT": "smtp",
    # Mailings are tried for a century, so that the half-sent one does not expire before the test is run.
    "MAIL_LIFE_HOURS": str(100 * 365 * 24),
    "MAIL_RETRY_SECONDS": "1",
    "MAIL_LEASE_SECONDS": "600",
    "DKIM_KEY_FILE": "",
    "DEMO_SENDER": "false",
    "DEBUG": "false",
    "LC_ALL": "C.UTF-8",  # commands speak the language of the terminal
}


def environment(folder: Path, database: str) -> dict[str, str]:
    """Of the site, with its files in `folder`."""
    return {
        **os.environ,
        **SITE,
        "DATABASE_URL": database,
        "MEDIA_ROOT": str(folder / "media"),
        "PAGE_STORE_DIR": str(folder / "pages"),
        "MAIL_STATE_DIR": str(folder / "mail"),
    }


@dataclass
class Portal:
    """A database with a folder for its files. Commands and questions run in processes of their own."""

    folder: Path
    url: str
    more: dict[str, str] = field(default_factory=dict)  # environment variables

    @property
    def vendor(self) -> str:
        return "sqlite" if self.url.startswith("sqlite") else "postgresql"

    def run(self, *arguments: str, stdin: bytes = b"") -> str:
        """What a management command prints. Raises CalledProcessError, with what it said, if it fails."""
        return self._python("manage.py", *arguments, stdin=stdin)

    def ask(self, **questions: Any) -> Any:
        """The answers to `questions` (see `tests.upgrade.questions`)."""
        return json.loads(self._python("-m", "tests.upgrade.questions", stdin=json.dumps(questions).encode()))

    def _python(self, *arguments: str, stdin: bytes) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment(self.folder, self.url) | self.more,
            input=stdin,
            capture_output=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout.decode()}{done.stderr.decode()}"
        return done.stdout.decode()

    def connect(self) -> Any:
        if self.vendor == "sqlite":
            import sqlite3

            return sqlite3.connect(self.url.removeprefix("sqlite:///"))
        import psycopg2

        return psycopg2.connect(self.url)

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as opened, closing(opened.cursor()) as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = self.select(_TABLES[self.vendor])
        return {name: self.select(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in tables}  # noqa: S608

    def triggers(self) -> list[str]:
        return [name for (name,) in self.select(_TRIGGERS[self.vendor])]


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
}
_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D' ORDER BY tgname",
}
