"""CPU time and queries of an issue's page that is not in the store, beside the plain way."""

import gc
import statistics
import time
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bench import house
from tests.bench.archive import build
from tests.bench.tables import Table
from tests.portal.stores import get

SECONDS = 2.0  # of CPU a round
ROUNDS = 5


def cpu_time(app: Any, path: str, seconds: float = SECONDS) -> float:
    """Milliseconds of CPU that one request takes, garbage collection included."""
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        get(app, path, HTTP_HOST=house.HOST)
        count += 1
    return spent / count * 1000


def queries(app: Any, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert get(app, path, HTTP_HOST=house.HOST).status == 200
    return len(captured)


def main() -> None:
    """Rounds of both ways are taken in turn."""
    numbers = build(1000, (6, 62, 600))
    app: Any = get_wsgi_application()
    ours, plain = f"/zh-hant/issues/{numbers[62]}/", f"/zh-hant/plain/{numbers[62]}/"
    for path in (ours, plain):
        get(app, path, HTTP_HOST=house.HOST)
    gc.collect()
    rounds = [(cpu_time(app, ours), cpu_time(app, plain)) for _ in range(ROUNDS)]
    blocks, orm = (statistics.median(column) for column in zip(*rounds, strict=True))
    table = Table("A page that is not in the store (issue of 62 blocks)", "ms of CPU", "ratio", "queries")
    table.row("the plain way: 62 items, one template", f"{orm:.2f}", "1", queries(app, plain))
    table.row("blocks joined", f"{blocks:.2f}", f"{blocks / orm:.3f}", queries(app, ours), wanted="<= 0.1")
    table.print()
    table = Table("Queries by the issue's length", *(f"{length} blocks" for length in sorted(numbers)))
    for name, tail in (("issue", ""), ("bilingual", "bilingual/")):
        counts = [queries(app, f"/en/issues/{numbers[length]}/{tail}") for length in sorted(numbers)]
        table.row(name, *counts, wanted="<= 12, all the same")
    table.print()
