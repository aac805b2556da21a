"""A harness that is killed leaves neither processes nor files behind."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.kill.guard import ROOT

HARNESS = """
import subprocess, sys, time
from pathlib import Path
from tests.kill.guard import Guard
guard = Guard(Path(sys.argv[1]))
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
guard.watch(child.pid)
print('at work', flush=True)
time.sleep(600)
"""


def test_what_a_killed_harness_leaves_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "kill"
    (folder / "portal-1").mkdir(parents=True)
    command = [sys.executable, "-c", HARNESS, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout
        assert harness.stdout.readline() == "at work\n"
        harness.kill()
        # The sender and the guard hold this pipe, too: it ends with the last of them.
        assert harness.stdout.read() == ""
        assert harness.wait() == -signal.SIGKILL
    assert not folder.exists()
