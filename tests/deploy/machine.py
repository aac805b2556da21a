"""A machine for the documented commands: a folder in place of `/`, a PostgreSQL, and systemd's services as processes.

What would change the real machine is replaced by small programs that come first on PATH: useradd, apt-get, systemctl
and the like. The others run as they stand in the documents, with the paths of this folder.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.deploy.documented import Block
from tests.kill.cluster import Cluster

CODE = ("digest", "snz_portal", "templates", "static", "fixtures", "docs", "manage.py", "constraints.txt")
FOLDERS = ("/srv/snz", "/var/backups/snz", "/var/log", "/etc/systemd/system", "/etc/nginx")
SYSTEM_FOLDERS = ("/var/log", "/etc/systemd/system", "/etc/nginx/sites-available", "/etc/nginx/sites-enabled")
NOTHING = "exit 0"
PROGRAMS = {
    "apt-get": NOTHING,
    "useradd": NOTHING,
    "nginx": NOTHING,
    # Of all options only the mode counts: there is one user here.
    "install": """for word; do case $word in --owner=*|--group=*) ;; *) set -- "$@" "$word" ;; esac; shift; done
exec /usr/bin/install "$@" """,
    "sudo": 'shift 2; PGUSER=snz exec "$@"',
    "systemctl": 'echo "$@" >> "$MACHINE/systemctl.calls"',
    "git": """case $1 in clone) cp -R "$MACHINE/code/." . ;; rev-parse) echo 27f736d ;; esac""",
    "python3": """[ "$1 $2" = "-m venv" ] || exec "$REAL_PYTHON" "$@"
mkdir -p "$3/bin" && cp "$REAL_VENV/pyvenv.cfg" "$3" && ln -sfn "$REAL_VENV/lib" "$3/lib"
for program in "$REAL_VENV"/bin/*; do ln -sf "$program" "$3/bin"; done
ln -sf "$MACHINE/programs/pip" "$3/bin/pip" """,
    "pip": NOTHING,  # what it would install is there: the tests run with it
}


class Machine:
    def __init__(self, root: Path, cluster: Cluster, port: int) -> None:
        self.root, self.port = root, port
        self.backup = ""  # the newest one's time, for the documents' example
        self._services: dict[str, subprocess.Popen[bytes]] = {}
        self._make_folders()
        self._copy_code()
        self._write_programs()
        options = (cluster.data / "postmaster.opts").read_text().split()
        programs = os.pathsep.join([str(root / "programs"), str(Path(options[0]).parent), os.environ["PATH"]])
        self.environment = {
            **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ},
            "PATH": programs,
            "MACHINE": str(root),
            "REAL_PYTHON": sys.executable,
            "REAL_VENV": sys.prefix,
            "PGHOST": cluster.socket_folder,
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def translated(self, text: str) -> str:
        """A document's paths, port and time of a backup as they are here."""
        for folder in FOLDERS:
            text = text.replace(folder, str(self.path(folder)))
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}").replace("--port 8000", f"--port {self.port}")
        return text.replace("2026-12-01-034000", self.backup)

    def run(self, *found: Block) -> str:
        """Run these blocks, each as its user; returns all that they printed."""
        return "".join(self.shell(block.user, block.commands) for block in found)

    def shell(self, user: str, commands: str) -> str:
        assert user, f"the document does not say who runs: {commands}"
        done = subprocess.run(
            ["sh", "-eu", "-c", self.translated(commands)],
            cwd=self.root,
            env={**self.environment, "PGUSER": user},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"as {user}:\n{commands}\n{done.stdout}"
        self._follow_systemctl()
        return done.stdout

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [".venv/bin/python", "manage.py", *arguments]
        environment = {**self.environment, "PGUSER": "snz"}
        return subprocess.run(
            command, cwd=self.path("/srv/snz"), env=environment, capture_output=True, text=True, timeout=300
        )

    def run_unit(self, name: str) -> None:
        """A oneshot service, to its end."""
        assert self._start(name).wait(timeout=120) == 0, self.journal(name)

    def journal(self, name: str) -> str:
        return (self.root / f"{name}.log").read_text()

    def stop_all(self) -> None:
        for name in list(self._services):
            self._stop(name)

    def lose_disk(self) -> None:
        """The portal and the system's settings are gone; backups and the mail server's log are on other machines."""
        self.stop_all()
        shutil.rmtree(self.path("/srv"))
        shutil.rmtree(self.path("/etc"))
        self._make_folders()

    def _make_folders(self) -> None:
        for folder in ("/srv", "/var/backups", *SYSTEM_FOLDERS):
            self.path(folder).mkdir(parents=True, exist_ok=True)

    def _follow_systemctl(self) -> None:
        """Do what the blocks asked of systemctl."""
        calls = self.root / "systemctl.calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        calls.unlink(missing_ok=True)
        for line in lines:
            verb, *rest = line.split()
            for name in (word for word in rest if word in ("snz", "snz-mail")):
                if verb == "stop":
                    self._stop(name)
                elif verb in ("start", "enable"):
                    self._services[name] = self._start(name)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        unit = (self.path("/etc/systemd/system") / f"{name}.service").read_text().replace("\\\n", "")
        settings_of = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and line[0] != "#")
        environment = {**self.environment, "PGUSER": settings_of["User"]}
        if file := settings_of.get("EnvironmentFile"):
            environment |= _assignments(Path(file).read_text())
        environment |= _assignments(settings_of.get("Environment", "").replace(" ", "\n"))
        with (self.root / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                shlex.split(settings_of["ExecStart"]),
                cwd=settings_of["WorkingDirectory"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _stop(self, name: str) -> None:
        service = self._services.pop(name)
        service.terminate()
        try:
            service.wait(timeout=20)  # as the units' TimeoutStopSec has it
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()

    def _copy_code(self) -> None:
        code = self.root / "code"
        code.mkdir()
        for name in CODE:
            source = Path(settings.BASE_DIR) / name
            if source.is_dir():
                shutil.copytree(source, code / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
            else:
                shutil.copy(source, code / name)
        for file in (code / "docs" / "deploy").iterdir():
            file.write_text(self.translated(file.read_text()))

    def _write_programs(self) -> None:
        (self.root / "programs").mkdir()
        for name, commands in PROGRAMS.items():
            program = self.root / "programs" / name
            program.write_text(f"#!/bin/sh\n{commands}\n")
            program.chmod(0o755)


def _assignments(text: str) -> dict[str, str]:
    """Lines of NAME=value, with quotes as systemd reads them."""
    lines = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {name: "".join(shlex.split(value)) for name, _equals, value in (line.partition("=") for line in lines)}
