"""Cleans up after a harness however it ends, even by kill -9: its senders, its database, its folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Guard:
    """A process beside the harness, which sees the end of it by the end of a pipe."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.kill.guard", str(folder)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True, start_new_session=True)

    def watch(self, group: int) -> None:
        """This group of processes is at work; 0: none is."""
        assert self._process.stdin
        print(group, file=self._process.stdin, flush=True)

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


def main() -> int:
    folder, group = Path(sys.argv[1]), 0
    for line in sys.stdin:
        group = int(line)
    if group:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    for _ in range(100):  # a database that is restarting just now comes back
        for file in folder.glob("*/postmaster.pid"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
