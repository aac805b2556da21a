"""Runs a portal for browser tests with granian: its database, pictures and page cache are in one folder."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60


@dataclass(frozen=True)
class Site:
    """A running portal. `facts` is the output of the program that filled it."""

    url: str
    facts: dict[str, Any]

    def address(self, name: str, code: str) -> str:
        """Return the URL of a page by its name, see `PAGES`."""
        return f"{self.url}/{code}/{self.facts['paths'][name]}"

    def fetch(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (with lower-case names) and encoded body. `accept_encoding="br"` sets a header."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, headers=fields)  # noqa: S310
        try:
            answer = urllib.request.urlopen(request, timeout=30)  # noqa: S310
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()


def environment(folder: Path, url: str) -> dict[str, str]:
    """Return the environment of a portal with all its files in `folder`."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "snz_portal.settings",
        "SECRET_KEY": "only-for-browser-tests-" * 4,
        "DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
        "PAGE_STORE_DIR": str(folder / "pages"),
        "MAIL_STATE_DIR": str(folder / "mail"),
        "MAIL_TRANSPORT": "demo",
        "SITE_URL": url,
        "ALLOWED_HOSTS": "127.0.0.1",
        "CONTACT_EMAIL": "editors@digest.test",
        "DEBUG": "false",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a lock, so that other processes of the test run wait."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running(folder: Path, filler: str, *arguments: str, copy_of: Path | None = None) -> Iterator[Site]:
    """Serve the portal in `folder`, filled by the module `filler`, which prints a JSON object of facts.

    Several processes of one test run may share a folder: the first fills it, each serves it at an address of its own.
    Where each needs a portal of its own, `copy_of` is the shared folder that is filled, once, and then copied.
    """
    filled = copy_of or folder
    filled.mkdir(exist_ok=True)
    facts = filled / "facts.json"
    with locked(filled):
        if not facts.exists():
            facts.write_bytes(fill(filled, filler, *arguments))
    if copy_of:
        shutil.rmtree(folder, ignore_errors=True)  # left by an earlier module of the same tests, which workers share
        shutil.copytree(copy_of, folder)
    url = f"http://127.0.0.1:{free_port()}"
    with serving(folder, url):
        yield Site(url, json.loads(facts.read_text()))


def fill(folder: Path, filler: str, *arguments: str) -> bytes:
    """Run the filler on a copy of a migrated database; returns what it prints."""
    shutil.copy(migrated(folder.parent), folder / "portal.sqlite3")
    command = [sys.executable, "-m", filler, *arguments]
    environ = environment(folder, "http://127.0.0.1:8000")
    return subprocess.run(command, stdout=subprocess.PIPE, cwd=ROOT, env=environ, check=True).stdout


def migrated(base: Path) -> Path:
    """Return an empty migrated database. It and the static files are made once in a test run."""
    folder = base / "migrated"
    folder.mkdir(exist_ok=True)
    database = folder / "portal.sqlite3"
    environ = environment(folder, "http://127.0.0.1:8000")
    with locked(folder):
        if not (folder / "done").exists():
            for command in ("collectstatic", "migrate"):
                arguments = ["manage.py", command, "--noinput", "--verbosity", "0"]
                subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environ, check=True)
            (folder / "done").touch()
    return database


@contextmanager
def serving(folder: Path, url: str) -> Iterator[None]:
    """Run granian at `url` with the portal in `folder`, and wait until it responds."""
    log = (folder / f"server-{os.getpid()}.log").open("w")
    port = url.rpartition(":")[2]
    command = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", port, "--blocking-threads", "4"]
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", *command, "--log-level", "warning", "snz_portal.wsgi:application"],
        cwd=ROOT,
        env=environment(folder, url),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for(f"{url}/healthz", server)
        yield
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"the server stopped with code {server.returncode}; see its log")
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)
