"""systemd accepts the units of docs/deploy/."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY

UNITS = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))
SYSTEMD_ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units in a folder that has the programs which they start."""
    for path in DEPLOY.iterdir():
        if path.name in UNITS:
            (tmp_path / path.name).write_text(path.read_text().replace("/srv/snz", str(tmp_path)))
    for name in (".venv/bin/granian", ".venv/bin/python", "docs/deploy/backup.sh"):
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    (tmp_path / ".env").touch()
    return tmp_path


@pytest.mark.skipif(SYSTEMD_ANALYZE is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_verifies_the_unit(units: Path, name: str) -> None:
    done = subprocess.run(
        [str(SYSTEMD_ANALYZE), "verify", "--man=no", str(units / name)], capture_output=True, text=True, timeout=60
    )
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if str(units) in line or name in line]
    assert done.returncode == 0 and not complaints, done.stderr


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_runs_as_snz_and_may_write_only_where_it_must(name: str) -> None:
    text = (DEPLOY / name).read_text()
    assert re.search(r"^User=snz$", text, re.M) and re.search(r"^ProtectSystem=strict$", text, re.M)
    assert re.search(r"^ReadWritePaths=/srv/snz/var\b", text, re.M)


def test_the_portal_is_killed_if_it_does_not_stop() -> None:
    assert "\nTimeoutStopSec=20\n" in (DEPLOY / "snz.service").read_text()


@pytest.mark.parametrize("name", ["backup.sh", "receive-bounce.sh"])
def test_the_shell_accepts_the_script(name: str) -> None:
    assert (DEPLOY / name).stat().st_mode & 0o111
    subprocess.run(["sh", "-n", str(DEPLOY / name)], check=True, timeout=60)
