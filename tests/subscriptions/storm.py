"""All that can be done with one address, at once: `python -m tests.subscriptions.storm THREADS REQUESTS`.

Each thread subscribes variants of the address, confirms, unsubscribes, moves, erases and imports it, in random order.
Prints how often each status came, as JSON.
"""

import json
import random
import sys
import threading
from collections import Counter

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from digest.subscriptions import http, limits, tokens  # noqa: E402
from digest.subscriptions.consent import ConsentSource  # noqa: E402
from digest.subscriptions.csv_import import import_csv  # noqa: E402
from digest.subscriptions.models import Subscriber  # noqa: E402
from digest.subscriptions.tokens import Purpose  # noqa: E402
from tests.subscriptions.forms import filled, token  # noqa: E402

VARIANTS = ("anna@farm.tw", "Anna@FARM.tw", " ANNA@farm.tw\n", "anna+a@farm.tw", "bert@farm.tw")
limits.may_send = lambda *arguments: True  # type: ignore[assignment]  # the rows are on trial, not the limits
http.TIME_STEP = 0.001


def act(client: Client, chance: random.Random) -> int:
    """One request; its status, 0 where there was nobody to act for."""
    what = chance.choice(["subscribe", "link", "import", *Purpose, "move", "erase", "come back"])
    if what == "subscribe":
        return client.post("/en/subscribe/", filled(chance.choice(VARIANTS))).status_code
    if what == "link":
        fields = {"address": chance.choice(VARIANTS), "form_token": token(), "website": ""}
        return client.post("/en/subscribe/link/", fields).status_code
    if what == "import":
        rows = "".join(f"{address.strip()},,2024-05-01,Fair\n" for address in VARIANTS)
        import_csv(f"address,state,consented_at,consent_text\n{rows}", "en", ConsentSource("import"))
        return 200
    rows = list(Subscriber.objects.exclude(state="erased"))
    if not rows:
        return 0
    return post(client, what, chance.choice(rows), chance.choice(VARIANTS))


def post(client: Client, what: str, row: Subscriber, address: str) -> int:
    preferences = f"/en/subscribe/preferences/{tokens.make(Purpose.PREFERENCES, row)}/"
    path, fields = {
        Purpose.CONFIRM: (f"/en/subscribe/confirm/{tokens.make(Purpose.CONFIRM, row)}/", {}),
        Purpose.NOT_ME: (preferences, {"do": "leave"}),
        Purpose.PREFERENCES: (preferences, {"do": "save", "sections": ["news"], "language": "en", "rhythm": "issue"}),
        Purpose.UNSUBSCRIBE: (f"/u/{tokens.make(Purpose.UNSUBSCRIBE, row)}/", {}),
        Purpose.NEW_ADDRESS: (f"/en/subscribe/address/{tokens.make(Purpose.NEW_ADDRESS, row)}/", {"do": "take"}),
        "move": (preferences, {"do": "move", "address": address}),
        "erase": (f"{preferences}erase/", {}),
        "come back": (f"/u/{tokens.make(Purpose.UNSUBSCRIBE, row)}/back/", {}),
    }[what]
    return client.post(path, fields).status_code


def main(threads: int, requests: int) -> None:
    statuses: Counter[int] = Counter()
    start = threading.Barrier(threads)

    def run(number: int) -> None:
        chance, client = random.Random(number), Client(raise_request_exception=False)
        start.wait()
        for _count in range(requests):
            statuses[act(client, chance)] += 1
        connection.close()

    workers = [threading.Thread(target=run, args=[number]) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    json.dump({str(status): count for status, count in statuses.items()}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
