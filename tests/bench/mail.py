"""Emails per second and CPU per email, compared with a raw socket, smtplib and Django; also with latency."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from digest.mailing import outbox
from digest.mailing.models import Delivery, Edition, Mailing
from digest.subscriptions.models import Subscriber
from tests.bench.archive import build
from tests.bench.mailers import CONNECTIONS
from tests.bench.processes import LOAD_CORE, ROOT, SERVER_CORE, free_port, on_core, running
from tests.bench.tables import Table

COUNT = 3000
ROUNDS = 3
LATENCY_COUNT = 200  # emails per connection with latency
DELAY = 0.02  # seconds of round trip


def audience(count: int) -> None:
    """Create subscribers who all get the same edition."""
    Subscriber.objects.bulk_create(
        (
            Subscriber(
                address=f"reader{number}@farm.example",
                address_key=f"reader{number}@farm.example",
                state=Subscriber.State.ACTIVE,
                language="zh-hant",
            )
            for number in range(count)
        ),
        batch_size=1000,
    )


def reset() -> None:
    """Reset the mailing so that it can be sent again."""
    Delivery.objects.update(state="pending", attempts=0, owner="", lease_until=None)
    Mailing.objects.update(state="sending")


@contextlib.contextmanager
def sink(delay: float = 0.0) -> Iterator[int]:
    """Run a server that accepts everything: Postfix's smtp-sink, or ours with a delay before each response."""
    port = free_port()
    if delay:
        command = [sys.executable, "-m", "tests.kill.fault_server", "--port", str(port), "--pipelining"]
        command += ["--delay", str(delay), "--ledger", os.path.join(os.environ["BENCH_FOLDER"], "ledger")]
    else:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [str(shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")), *user, f"127.0.0.1:{port}", "1000"]
    with running(command, port, dict(os.environ), core=LOAD_CORE):
        yield port


def measure(way: str, port: int, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.mailers", way, str(port), str(count)]
    done = subprocess.run(on_core(SERVER_CORE, command), cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=600)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(most: str = "") -> None:
    """`most` is the second number of recipients for the memory table, besides 1,000."""
    if not shutil.which("smtp-sink", path="/usr/sbin:/usr/bin"):
        print("smtp-sink is not installed (Debian: apt install postfix). Skipping email.", flush=True)
        return
    number = build(200, (62,))[62]
    audience(COUNT)
    from digest.archive.models import Issue

    outbox.start(Issue.objects.get(number=number))
    _show_rates()
    _show_latency()
    _show_memory([1000, int(most or 10_000)])


def _show_rates() -> None:
    size = sum(len(part) for part in (bytes(Edition.objects.get().mime_template),))
    table = Table(f"{COUNT:,} mails of {size // 1000} kB, one connection", "mails/s", "of (a)", "ms CPU", "of (c)")
    best: dict[str, dict[str, float]] = {}
    with sink() as port:
        for _ in range(ROUNDS):
            for way in ("(a) raw socket", "(b) smtplib", "(c) Django", "ours"):
                reset()
                count = COUNT if way != "(c) Django" else COUNT // 5
                found = measure(way, port, count)
                if way not in best or found["rate"] > best[way]["rate"]:
                    best[way] = found
    for way, found in best.items():
        table.row(
            way,
            f"{found['rate']:,.0f}",
            f"{found['rate'] / best['(a) raw socket']['rate']:.2f}",
            f"{found['cpu'] * 1000:.2f}",
            f"{found['cpu'] / best['(c) Django']['cpu']:.3f}",
            wanted=">= (b); aim 0.45 of (a); <= 0.1 of (c)'s CPU" if way == "ours" else "",
        )
    table.print()


def _show_latency() -> None:
    table = Table(f"A link of {DELAY * 1000:.0f} ms there and back", "mails/s", "of one connection")
    one = 0.0
    for way, connections in {"ours": 1, **CONNECTIONS}.items():
        count = min(LATENCY_COUNT * connections, COUNT)
        reset()
        Delivery.objects.filter(pk__gt=Delivery.objects.order_by("pk")[count - 1].pk).update(state="sent")
        with sink(DELAY) as port:
            found = measure(way, port, count)
        one = one or found["rate"]
        table.row(way, f"{found['rate']:,.1f}", f"{found['rate'] / one:.2f}", wanted=f"nearly {connections}")
    table.print()


def _show_memory(sizes: list[int]) -> None:
    table = Table("Peak memory of a sender", "MiB", "of the first")
    first = 0.0
    for size in sizes:
        Delivery.objects.all().delete()
        Mailing.objects.all().delete()
        Subscriber.objects.all().delete()
        audience(size)
        from digest.archive.models import Issue

        outbox.start(Issue.objects.complete().published().newest_first()[0])
        with sink() as port:
            found = measure("ours", port, size)
        first = first or found["peak"]
        table.row(
            f"{size:,} recipients", f"{found['peak'] / 2**20:.0f}", f"{found['peak'] / first:.2f}", wanted="<= 60"
        )
    table.print()
