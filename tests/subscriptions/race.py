"""Many at once: `python -m tests.subscriptions.race THREADS REQUESTS ADDRESS [TOKEN]` sends the subscribe form.

Prints how often each status came, as JSON.
"""

import json
import sys
import threading
from collections import Counter

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from tests.subscriptions.forms import filled  # noqa: E402


def main(threads: int, requests: int, address: str, token: str = "") -> None:
    statuses: Counter[int | str] = Counter()
    start = threading.Barrier(threads)

    def run(number: int) -> None:
        client = Client(raise_request_exception=False, REMOTE_ADDR=f"10.0.{number}.1")
        start.wait()
        for _count in range(requests):
            fields = {"form_token": token} if token else {}
            statuses[client.post("/en/subscribe/", filled(address, **fields)).status_code] += 1
        connection.close()

    workers = [threading.Thread(target=run, args=[number]) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    json.dump({str(status): count for status, count in statuses.items() if count}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
