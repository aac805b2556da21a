"""How long each address waits for its answer (A4): `python -m tests.subscriptions.answer_times [ROUNDS] [--refused]`.

A portal of its own, on the PostgreSQL of DATABASE_URL or on SQLite, served by granian; each round asks once for an
address of every state, in random order, over one connection. Told are the median of the differences to the new
address of the same round, and the p of a two-sample Kolmogorov-Smirnov test. The last line compares new with new: what
chance does. Within the limits for mails, which are lifted here; with `--refused` beyond them, as they are.
"""

import http.client
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.browser.site import ROOT, environment, free_port, wait_for

STATES = ("pending", "active", "unsubscribed", "bounced", "complained", "blocked")
FILL = """
import sys, django; django.setup()
from django.core.management import call_command
from digest.subscriptions.addresses import address_hash
from digest.subscriptions.models import Subscriber, Suppression
call_command("migrate", verbosity=0)
states, rounds = sys.argv[2:], int(sys.argv[1])
for state in states:
    names = [f"{state}{number}@farm{number}.tw" for number in range(rounds)]
    Subscriber.objects.bulk_create([Subscriber(address=n, address_key=n, state=state, language="en") for n in names])
    if state == "blocked":
        Suppression.objects.bulk_create([Suppression(address_hash=address_hash(n), reason=state) for n in names])
"""


def kolmogorov_smirnov(first: list[float], second: list[float]) -> float:
    """p of the two-sided test, by the asymptotic series."""
    a, b = sorted(first), sorted(second)
    i = j = 0
    most = 0.0
    while i < len(a) and j < len(b):
        x = min(a[i], b[j])
        while i < len(a) and a[i] <= x:
            i += 1
        while j < len(b) and b[j] <= x:
            j += 1
        most = max(most, abs(i / len(a) - j / len(b)))
    root = math.sqrt(len(a) * len(b) / (len(a) + len(b)))
    scaled = (root + 0.12 + 0.11 / root) * most
    total = 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, total if scaled > 0.2 else 1.0))


@contextmanager
def portal(folder: Path, rounds: int, *, is_limited: bool) -> Iterator[str]:
    url = f"http://127.0.0.1:{free_port()}"
    made = environment(folder, url)
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        made["DATABASE_URL"] = os.environ["DATABASE_URL"]
    run = {"env": made, "cwd": ROOT}
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], check=True, **run)
    subprocess.run([sys.executable, "-c", FILL, str(rounds), *STATES], check=True, **run)
    name = "snz_portal.wsgi" if is_limited else "tests.subscriptions.without_limits"
    command = ["--interface", "wsgi", "--port", url.rpartition(":")[2], "--log-level", "error", f"{name}:application"]
    server = subprocess.Popen([sys.executable, "-m", "granian", *command], **run)
    try:
        wait_for(f"{url}/healthz", server)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def ask(connection: http.client.HTTPConnection, address: str, token: str) -> tuple[float, bytes]:
    """Seconds until the whole answer was there, and the answer without its date."""
    sections = [("sections", name) for name in ("research", "news", "policy", "data", "event")]
    fields = [("address", address), ("language", "en"), ("rhythm", "issue"), ("website", ""), ("form_token", token)]
    body = urlencode([*fields, *sections])
    start = time.perf_counter()
    connection.request("POST", "/en/subscribe/", body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    text = answer.read()
    taken = time.perf_counter() - start
    headers = sorted((name.lower(), value) for name, value in answer.getheaders() if name.lower() != "date")
    return taken, f"{answer.status} {headers} ".encode() + text


def measure(url: str, rounds: int) -> tuple[dict[str, list[float]], int]:
    """Seconds by state, round by round; and how many different answers there were."""
    os.environ["SECRET_KEY"] = "only-for-browser-tests-" * 4
    os.environ["DJANGO_SETTINGS_MODULE"] = "snz_portal.settings"
    import django

    django.setup()
    from tests.subscriptions.forms import token

    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    names = ["new", *STATES, "new again"]
    times: dict[str, list[float]] = {name: [] for name in names}
    answers = set()
    for round_ in range(-20, rounds):  # the first are to warm up
        for name in random.sample(names, len(names)):
            number = round_ % rounds
            address = f"{name.replace(' ', '')}{number if round_ >= 0 else 'x' + str(number)}@farm{number}.tw"
            taken, answer = ask(connection, address, token())
            answers.add(answer)
            if round_ >= 0:
                times[name].append(taken)
    return times, len(answers)


def main(rounds: int, *, is_limited: bool) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="snz-times-") as folder,
        portal(Path(folder), rounds, is_limited=is_limited) as url,
    ):
        times, answers = measure(url, rounds)
    new = times.pop("new")
    print(f"{rounds} rounds; different answers: {answers}; new: {statistics.median(new) * 1000:.2f} ms")
    for name, taken in times.items():
        difference = statistics.median(x - y for x, y in zip(taken, new, strict=True)) * 1000
        print(f"{name:13} median difference {difference:+.3f} ms   KS p = {kolmogorov_smirnov(taken, new):.4f}")


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--refused"]
    main(int(arguments[0]) if arguments else 2000, is_limited="--refused" in sys.argv)
