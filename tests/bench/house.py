"""A portal of the bench's own: its database, its store and its settings in a folder that goes afterwards."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

HOST = "bench.test"


def environment(folder: Path, database: str = "") -> dict[str, str]:
    """The environment of the portal in `folder`; nothing of the user's own settings gets in."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "SECRET_KEY": "only-for-measuring-" * 4,
        "DATABASE_URL": database or f"sqlite:///{folder / 'bench.sqlite3'}",
        "SITE_URL": f"http://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "CONTACT_EMAIL": "editors@bench.test",
        "MEDIA_ROOT": str(folder / "media"),
        "PAGE_STORE_DIR": str(folder / "pages"),
        "MAIL_STATE_DIR": str(folder / "mail"),
        "PAGE_STORE_MEGABYTES": "256",
        "DEBUG": "false",
        "BENCH_FOLDER": str(folder),
        "PYTHONWARNINGS": "ignore",
    }


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder in memory where the machine has one: no disk is measured."""
    shared = Path("/dev/shm")  # noqa: S108  the folder made in it is ours alone
    with tempfile.TemporaryDirectory(prefix="snz-bench-", dir=shared if shared.is_dir() else None) as name:
        yield Path(name)
