"""Plays scenarios in processes of their own, each in a portal of its own, and gives the lines of the table."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import Any

from tests.kill.guard import ROOT
from tests.kill.house import Houses

LIMIT = 3 * 3600  # seconds

Line = dict[str, Any]  # of a `judge.Result`


def play(id: str, houses: Houses, *, short: bool = False) -> list[Line]:
    """Raises CalledProcessError, its output told, where the harness itself breaks."""
    command = [sys.executable, "-m", "tests.kill.inside", id, *(["--short"] if short else [])]
    # A group of its own: whatever happens to it, no sender is left behind.
    with subprocess.Popen(
        command, cwd=ROOT, env=houses.new(), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        houses.guard.watch(process.pid)
        try:
            output, _ = process.communicate(timeout=LIMIT)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            houses.guard.watch(0)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return [json.loads(line) for line in output.splitlines()]
