"""A worker's own memory beside the pages it holds."""

import http.client
import os
from concurrent.futures import ThreadPoolExecutor

from digest.archive.models import Item
from digest.common.languages import LANGUAGES
from snz_portal.page_store import IN_MEMORY
from tests.bench import house
from tests.bench.archive import build
from tests.bench.machine import granian, worker_memory
from tests.bench.tables import Table

MIB = 2**20
CODINGS = ("br", "gzip")


def main() -> None:
    """One worker under granian, after it has served every kind of page, and after many thousand pages."""
    number = build(10_000, (62,))[62]
    items = list(Item.objects.published().order_by("pk").values_list("pk", flat=True)[:3000])
    kinds = [f"/{code}/{path}" for code in LANGUAGES for path in _paths(number, items[0])]
    many = [f"/{code}/items/{pk}/" for pk in items for code in LANGUAGES]
    table = Table("Memory of one worker's own, MiB", "in all", "pages held", "beside them")
    with granian("snz_portal.wsgi:application", dict(os.environ)) as (port, pid):
        for name, paths in (
            ("started", kinds[:1]),
            ("every kind of page, 20 times", kinds * 20),
            ("9,000 pages", many),
        ):
            with ThreadPoolExecutor(8) as pool:
                held = sum(pool.map(lambda part: _fetch(port, part), [paths[n::8] for n in range(8)]))
            used, held = worker_memory(pid), min(held, IN_MEMORY)
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


def _fetch(port: int, paths: list[str]) -> int:
    """Ask for pages in every coding; returns about how many bytes a store holds of them at most."""
    sizes: dict[str, int] = {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for path in paths:
        for coding in CODINGS:
            connection.request("GET", path, headers={"Host": house.HOST, "Accept-Encoding": coding})
            response = connection.getresponse()
            assert response.status == 200, path
            sizes[path] = sizes.get(path, 0) + len(response.read())
    connection.close()
    return sum(sizes.values())
