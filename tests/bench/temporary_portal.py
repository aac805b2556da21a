"""A temporary portal for benchmarks: its database, cache and settings are in a folder that is deleted afterwards."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

HOST = "bench.test"


def environment(folder: Path, database: str = "") -> dict[str, str]:
    """Return the environment of a portal in `folder`, independent of the user's own settings."""
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
def create_folder() -> Iterator[Path]:
    """Create a temporary folder, in memory if possible, so that the disk does not affect the measurements."""
    shared = Path("/dev/shm")  # noqa: S108  only we can use the folder created in it
    with tempfile.TemporaryDirectory(prefix="snz-bench-", dir=shared if shared.is_dir() else None) as name:
        yield Path(name)
