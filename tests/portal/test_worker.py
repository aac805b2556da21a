"""Web workers do not load libraries that only editing and sending need."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ["PIL", "babel", "markdown", "opencc", "css_inline", "dkim", "dns", "requests", "anymail.backends"]


def loaded(program: str, folder: Path) -> str:
    """Return which of the libraries a program loads."""
    own = {"PAGE_STORE_DIR": str(folder / "pages"), "DATABASE_URL": f"sqlite:///{folder / 'none.sqlite3'}"}
    environment = os.environ | own | {"DJANGO_SETTINGS_MODULE": "snz_portal.settings", "DEBUG": "false"}
    tell = f"import sys; print([name for name in {HEAVY} if name in sys.modules])"
    command = [sys.executable, "-c", f"{program}\n{tell}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_web_workers_do_not_load_libraries_for_editing(tmp_path: Path) -> None:
    assert loaded("import snz_portal.wsgi", tmp_path) == "[]"


def test_senders_do_not_load_libraries_for_composing(tmp_path: Path) -> None:
    program = "import django; django.setup(); import digest.mailing.sender, digest.mailing.transports"
    assert loaded(program, tmp_path) == "[]"
