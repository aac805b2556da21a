"""Settings for benchmarks: those of production, with additional URLs to compare with."""

import os
from pathlib import Path

from snz_portal.settings import *  # noqa: F403
from snz_portal.settings import BASE_DIR, TEMPLATES

ROOT_URLCONF = "tests.bench.urls"
STATIC_ROOT = Path(os.environ["BENCH_FOLDER"]) / "static"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "tests" / "bench" / "templates")
