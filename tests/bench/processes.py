"""Server processes for benchmarks, each on a core of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SERVER_CORE, LOAD_CORE = 0, 1


def exit_on_sigterm() -> None:
    """Handle SIGTERM like Ctrl-C, so that servers are stopped and folders removed."""
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(143))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def on_core(core: int, command: list[str]) -> list[str]:
    """Return the command bound to a core, if the machine has that core and taskset."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) <= core or not shutil.which("taskset"):
        return command
    return ["taskset", "-c", str(cores[core]), *command]


def with_batch_priority(command: list[str]) -> list[str]:
    """Return the command with Linux's batch policy, as in docs/deploy/snz.service: woken threads do not preempt."""
    return ["chrt", "--batch", "0", *command] if shutil.which("chrt") else command


@contextlib.contextmanager
def running(
    command: list[str], port: int, environment: dict[str, str], core: int = SERVER_CORE
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on a core until the end of the `with` block, and wait until it listens."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            on_core(core, command), cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(port, process, output)
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], output: object) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    output.seek(0)  # type: ignore[attr-defined]
    raise SystemExit(f"{process.args} did not start:\n{output.read().decode()[-2000:]}")  # type: ignore[attr-defined]


# As in docs/deploy/snz.service: freed memory is returned to the system, and threads share one heap (glibc).
MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}


@contextlib.contextmanager
def granian(application: str, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run granian with one worker, and yield its port and the id of the main process."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1"]
    options = ["--port", str(port), "--workers", "1", "--blocking-threads", "2", "--backpressure", "16", application]
    with running(with_batch_priority([*command, *options]), port, environment | MALLOC) as process:
        yield port, process.pid


def worker_memory(root: int) -> int:
    """Return the private memory of the largest child process of `root` in bytes: one worker (Linux)."""
    sizes = [0]
    for pid in _below(root):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            sizes.append(sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_")))
    return max(sizes)


def _below(root: int) -> list[int]:
    found = [root]
    for pid in found:
        for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, tasks.read_text().split())
    return found
