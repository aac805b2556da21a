"""Plays scenarios in processes of their own, each in a portal of its own, and gives the lines of the table."""

import json
import subprocess
import sys
from typing import Any

from tests.kill.house import ROOT, Houses

LIMIT = 3 * 3600  # seconds

Line = dict[str, Any]  # of a `judge.Result`


def play(id: str, houses: Houses, *, short: bool = False) -> list[Line]:
    """Raises CalledProcessError, its output told, where the harness itself breaks."""
    command = [sys.executable, "-m", "tests.kill.inside", id, *(["--short"] if short else [])]
    done = subprocess.run(command, cwd=ROOT, env=houses.new(), stdout=subprocess.PIPE, text=True, timeout=LIMIT)
    done.check_returncode()
    return [json.loads(line) for line in done.stdout.splitlines()]
