"""The benches' settings without middleware: what Django costs at least."""

from tests.bench.settings import *  # noqa: F403

MIDDLEWARE: list[str] = []
