"""Memory of a worker, compared with the pages it has cached."""

import http.client
import os
from concurrent.futures import ThreadPoolExecutor

from digest.archive.models import Item
from digest.common.languages import LANGUAGES
from snz_portal.page_cache.middleware import MEMORY_LIMIT
from tests.bench import temporary_portal
from tests.bench.archive import build
from tests.bench.processes import granian, worker_memory
from tests.bench.tables import Table

MIB = 2**20
CODINGS = ("identity", "br", "gzip")  # the page cache stores all three


def main() -> None:
    """Measure a granian worker after all kinds of pages, and after thousands of pages."""
    number = build(10_000, (62,))[62]
    items = list(Item.objects.published().order_by("pk").values_list("pk", flat=True)[:3000])
    kinds = [f"/{code}/{path}" for code in LANGUAGES for path in _paths(number, items[0])]
    many = [f"/{code}/items/{pk}/" for pk in items for code in LANGUAGES]
    table = Table("Memory of one worker's own, MiB", "in all", "pages held", "beside them")
    sizes: dict[tuple[str, str], int] = {}
    with granian("snz_portal.wsgi:application", dict(os.environ)) as (port, pid):
        for name, paths in (
            ("started", kinds[:1]),
            ("every kind of page, 20 times", kinds * 20),
            ("9,000 pages", many),
        ):
            with ThreadPoolExecutor(8) as pool:
                for found in pool.map(_fetch, [port] * 8, [paths[start::8] for start in range(8)]):
                    sizes |= found
            used, held = worker_memory(pid), min(sum(sizes.values()), MEMORY_LIMIT)
            beside = (used - held) / MIB
            table.row(name, f"{used / MIB:.0f}", f"{held / MIB:.0f}", f"{beside:.0f}", wanted="<= 60")
    table.print()


def _paths(number: str, item: int) -> list[str]:
    issue = f"issues/{number}/"
    lists = [
        "",
        "issues/",
        "topics/",
        "events/",
        *(f"sections/{kind}/" for kind in ("research", "news", "policy", "data")),
    ]
    return [*lists, issue, f"{issue}bilingual/", f"items/{item}/"]


def _fetch(port: int, paths: list[str]) -> dict[tuple[str, str], int]:
    """Request pages in all codings, and return their sizes by page and coding."""
    sizes = {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for path in paths:
        for coding in CODINGS:
            connection.request("GET", path, headers={"Host": temporary_portal.HOST, "Accept-Encoding": coding})
            response = connection.getresponse()
            assert response.status == 200, path
            sizes[path, coding] = len(response.read())
    connection.close()
    return sizes
