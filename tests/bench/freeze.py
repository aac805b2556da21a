"""Time and memory to create a mailing of a million deliveries: python -m tests.bench freeze (PostgreSQL)."""

import resource
import time

from django.db import connection

from digest.archive.models import Issue
from digest.mailing import outbox
from digest.mailing.outbox.claiming import claim
from tests.bench.archive import build
from tests.bench.tables import Table

CLAIMS = 200


def main(count: str = "1000000") -> None:
    """Let the database create subscribers with four languages and several choices of sections."""
    number = build(200, (62,))[62]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO subscriptions_subscriber (address, address_key, state, language, sections, topics, rhythm,"
            " new_address, secret, created_at, asked_at) SELECT 'r' || n || '@farm.example', 'r' || n ||"
            " '@farm.example', 'active', (ARRAY['zh-hant','zh-hans','en','bilingual'])[1 + n %% 4],"
            " (ARRAY['','research','research,news','policy'])[1 + n %% 7 %% 4], '', 'issue', '', md5(n::text),"
            " now(), now() FROM generate_series(1, %s) n",
            [int(count)],
        )
        cursor.execute("ANALYZE subscriptions_subscriber", [])
    issue = Issue.objects.get(number=number)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    mailing = outbox.start(issue)
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert mailing.audience == int(count)
    outbox.check_restore()  # as a sender does when it starts
    times = []
    for number_of in range(CLAIMS):
        start = time.perf_counter()
        assert len(claim(f"bench-{number_of}", 100)) == 100
        times.append(time.perf_counter() - start)
    table = Table(f"{int(count):,} subscribers on {connection.vendor}", "figure")
    table.row("frozen in", f"{took:.1f} s", wanted="<= 60 s a million")
    table.row("peak memory of the process", f"{peak / 1024:.0f} MiB (before: {before / 1024:.0f})", wanted="<= 200")
    table.row("editions", mailing.editions.count())
    table.row("claim of 100 rows, 99th of 100", f"{sorted(times)[int(CLAIMS * 0.99) - 1] * 1000:.1f} ms")
    table.print()
