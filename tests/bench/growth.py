"""Response times of pages in an archive of one size, printed as JSON for `__main__`."""

import json
import statistics
import sys
import time
from typing import Any

from django.core.wsgi import get_wsgi_application

from digest.archive.models import Issue, Item, Topic
from tests.bench import temporary_portal
from tests.bench.archive import build
from tests.portal.wsgi_helpers import get

REQUESTS = 40


def addresses() -> dict[str, str]:
    """Return the URL of a page of each kind, from the newest part of the archive."""
    issue = Issue.objects.published().newest_first()[0]
    item = issue.items.filter(kind="research").order_by("pk")[0]
    topic = Topic.objects.filter(item_ties__content_object=item).order_by("pk")[0]
    source = Item.objects.select_related("source").get(pk=item.pk).source
    return {
        "home": "/en/",
        "issue": f"/zh-hant/issues/{issue.number}/",
        "bilingual": f"/en/issues/{issue.number}/bilingual/",
        "issues": "/en/issues/",
        "section": "/zh-hant/sections/research/",
        "section, page 2": "/zh-hant/sections/research/?page=2",
        "topics": "/en/topics/",
        "topic": f"/zh-hans/topics/{topic.slug}/",
        "source": f"/en/sources/{source.slug}/",
        "events": "/en/events/",
        "item": f"/zh-hant/items/{item.pk}/",
    }


def milliseconds(app: Any, address: str) -> float:
    """Return the median wall-clock time of many requests: the database may be another process."""
    path, _mark, query = address.partition("?")
    times = []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        response = get(app, path, query=query, HTTP_HOST=temporary_portal.HOST)
        times.append((time.perf_counter() - start) * 1000)
        assert response.status == 200, address
    return statistics.median(times)


def main(size: str) -> None:
    build(int(size))
    app: Any = get_wsgi_application()
    json.dump({name: milliseconds(app, address) for name, address in addresses().items()}, sys.stdout)
