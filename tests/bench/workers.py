"""Two senders of one mailing: speed-up and limits (PostgreSQL)."""

import json
import os
import subprocess
import sys

from digest.archive.models import Issue
from digest.mailing import outbox
from digest.mailing.models import Delivery
from tests.bench.archive import build
from tests.bench.mail import DELAY, LATENCY_COUNT, audience, reset, sink
from tests.bench.processes import ROOT
from tests.bench.tables import Table

COUNT = 3000
WORKERS = (1, 2)


def main() -> None:
    """Measure emails per second and CPU per email of all senders, with and without latency, on 1 and 8 connections."""
    number = build(200, (62,))[62]
    audience(COUNT)
    outbox.start(Issue.objects.get(number=number))
    table = Table("Senders on PostgreSQL", *(f"{workers}, mails/s" for workers in WORKERS), "ratio", "ms CPU")
    for delay, connections in ((0.0, 1), (0.0, 8), (DELAY, 1), (DELAY, 8)):
        found = [_together(workers, connections, delay) for workers in WORKERS]
        rates = [rate for rate, _cpu in found]
        where = f"{delay * 1000:.0f} ms away" if delay else "here"
        cpu = " / ".join(f"{cpu * 1000:.2f}" for _rate, cpu in found)
        table.row(f"{connections} connections each, {where}", *map(round, rates), f"{rates[1] / rates[0]:.2f}", cpu)
    table.print()


def _together(workers: int, connections: int, delay: float) -> tuple[float, float]:
    reset()
    count = COUNT
    if delay and connections == 1:  # with eight, the first sender would claim all of so few
        count = 2 * LATENCY_COUNT
        Delivery.objects.filter(pk__gt=Delivery.objects.order_by("pk")[count - 1].pk).update(state="sent")
    with sink(delay) as port:
        command = [sys.executable, "-m", "tests.bench.mailers", f"shared, {connections}", str(port), str(count)]
        started = [
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=dict(os.environ)) for _ in range(workers)
        ]
        told = [json.loads(process.communicate(timeout=600)[0].splitlines()[-1]) for process in started]
    assert Delivery.objects.filter(state="sent").count() == COUNT
    worked = [one for one in told if one["sent"]]
    took = max(one["ended"] for one in worked) - min(one["began"] for one in worked)
    return count / took, sum(one["cpu"] * count for one in told) / count
