"""A portal for each scenario: an empty database copied from a migrated one, a folder, and settings by environment."""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.kill.cluster import Cluster, cluster
from tests.kill.guard import ROOT, Guard

LEASE = 120  # seconds: on a slow machine, too, no living sender loses its rows


def environment(folder: Path, database: str, **more: str) -> dict[str, str]:
    """For the harness and its senders; nothing of the user's own settings gets in."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "snz_portal.settings",
        "SECRET_KEY": "only-for-killing-" * 4,
        "DATABASE_URL": database,
        "SITE_URL": "http://digest.test",
        "ALLOWED_HOSTS": "digest.test",
        "MEDIA_ROOT": str(folder / "media"),
        "PAGE_STORE_DIR": str(folder / "pages"),
        "MAIL_TRANSPORT": "smtp",
        "MAIL_STATE_DIR": str(folder / "mail"),
        "MAIL_LEASE_SECONDS": str(LEASE),
        "MAIL_PAUSE_SECONDS": "1",
        "DKIM_KEY_FILE": "",
        "DEBUG": "false",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        "KILL_FOLDER": str(folder),
        "TMPDIR": str(folder),
        **more,
    }


class Houses:
    """Gives as many portals as asked for, each with the same empty tables."""

    def __init__(self, folder: Path, guard: Guard, postgres: Cluster | None) -> None:
        self.guard, self.postgres = guard, postgres
        self._folder = folder
        self._numbers = itertools.count(1)
        first = folder / "template"
        first.mkdir()
        self._template = first / "portal.sqlite3"
        url = postgres.create("template_portal") if postgres else f"sqlite:///{self._template}"
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment(first, url), check=True, timeout=300)

    def new(self) -> dict[str, str]:
        """The environment of a new one."""
        number = next(self._numbers)
        folder = self._folder / f"portal-{number}"
        (folder / "mail").mkdir(parents=True)
        if self.postgres:
            url = self.postgres.create(f"portal_{number}", template="template_portal")
            return environment(folder, url, KILL_CLUSTER=str(self.postgres.data))
        for file in self._template.parent.glob("portal.sqlite3*"):
            shutil.copy(file, folder / file.name)
        return environment(folder, f"sqlite:///{folder / self._template.name}")


@contextlib.contextmanager
def houses(*, postgres: bool) -> Iterator[Houses]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="snz-kill-", ignore_cleanup_errors=True))
        guard = stack.enter_context(contextlib.closing(Guard(Path(folder))))
        yield Houses(Path(folder), guard, stack.enter_context(cluster(Path(folder) / "data")) if postgres else None)
