"""Settings for benchmarks without middleware: the minimum cost of Django."""

from tests.bench.settings import *  # noqa: F403

MIDDLEWARE: list[str] = []
