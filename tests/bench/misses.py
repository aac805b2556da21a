"""CPU time and queries of an issue page that is not in the page cache, compared with a plain Django view."""

import gc
import statistics
import time
from typing import Any

from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bench import temporary_portal
from tests.bench.archive import build
from tests.bench.tables import Table
from tests.portal.wsgi_helpers import get

SECONDS = 2.0  # of CPU per round
ROUNDS = 5


def cpu_time(app: Any, path: str, seconds: float = SECONDS) -> float:
    """Return the CPU time of one request in milliseconds, including garbage collection."""
    count, start = 0, time.process_time()
    while (elapsed := time.process_time() - start) < seconds:
        get(app, path, HTTP_HOST=temporary_portal.HOST)
        count += 1
    return elapsed / count * 1000


def queries(app: Any, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert get(app, path, HTTP_HOST=temporary_portal.HOST).status == 200
    return len(captured)


def _again(app: Any, path: str) -> int:
    """Return the number of queries of the second request."""
    return min(queries(app, path), queries(app, path))


def main() -> None:
    """Measure all variants in turn, in several rounds."""
    numbers = build(1000, (6, 62, 600))
    app: Any = get_wsgi_application()
    ours, plain = f"/zh-hant/issues/{numbers[62]}/", f"/zh-hant/plain/{numbers[62]}/"
    for path in (ours, plain):
        get(app, path, HTTP_HOST=temporary_portal.HOST)
    gc.collect()

    def without_fragments(environ: Any, start_response: Any) -> Any:
        cache.clear()
        return app(environ, start_response)

    rounds = [(cpu_time(app, ours), cpu_time(without_fragments, ours), cpu_time(app, plain)) for _ in range(ROUNDS)]
    warm, cold, orm = (statistics.median(column) for column in zip(*rounds, strict=True))
    table = Table("A page that is not in the page cache (issue of 62 items)", "ms of CPU", "ratio", "queries")
    table.row("plain Django view: 62 items, one template", f"{orm:.2f}", "1", queries(app, plain))
    table.row("all fragments cached", f"{warm:.2f}", f"{warm / orm:.3f}", queries(app, ours), wanted="<= 0.2")
    table.row(
        "no fragments cached", f"{cold:.2f}", f"{cold / orm:.3f}", queries(without_fragments, ours), wanted="<= 1.1"
    )
    table.print()
    table = Table("Queries by the issue's length", *(f"{length} items" for length in sorted(numbers)))
    for name, tail in (("issue", ""), ("bilingual", "bilingual/")):
        addresses = [f"/en/issues/{numbers[length]}/{tail}" for length in sorted(numbers)]
        table.row(
            f"{name}, nothing cached", *(queries(without_fragments, path) for path in addresses), wanted="all the same"
        )
        table.row(f"{name}, all cached", *(_again(app, path) for path in addresses), wanted="all the same")
    table.print()
