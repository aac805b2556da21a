"""PostgreSQL ends connections in the middle of requests: each is fully done or not done at all (S7)."""

import itertools
import random
import threading
from collections import Counter

import pytest
from django.db import connection
from django.test import Client

from digest.subscriptions.models import Subscriber
from tests.concurrency import at_once
from tests.subscriptions.forms import subscribe

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections that others can cut"),
]
REQUESTS, CUTS, THREADS = 300, 60, 8  # seen with 1,000 and 200, too
MOST = 10 * REQUESTS  # where the cuts come too rarely
# Whoever is at work in this database, but for the one who asks.
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IN ('active', 'idle in transaction')
ORDER BY random() LIMIT 1"""


def test_s7_a_request_whose_connection_is_cut_is_done_or_not_done(monkeypatch):
    monkeypatch.setattr("digest.subscriptions.limits.may_send", lambda *arguments: True)
    monkeypatch.setattr("digest.subscriptions.http.time.sleep", lambda _seconds: None)
    numbers, cuts, answers = itertools.count(), [], {}
    done = threading.Event()

    def ask() -> None:
        client = Client(raise_request_exception=False)
        while not done.is_set() and (number := next(numbers)) < MOST:
            address = f"reader{number}@farm.tw"
            answers[address] = subscribe(address, client).status_code
            if answers[address] != 200:
                connection.close()  # as Django does before each request, but not in tests
            if number >= REQUESTS and len(cuts) >= CUTS:
                done.set()

    def cut() -> None:
        while not done.wait(random.random() * 0.02):
            with connection.cursor() as cursor:
                cursor.execute(CUT)
                cuts.extend(cursor.fetchall())

    results = at_once([cut, *[ask] * THREADS], seconds=120)
    assert results == [None] * (THREADS + 1), results
    assert len(answers) >= REQUESTS and len(cuts) >= CUTS
    assert set(answers.values()) == {200, 503}, Counter(answers.values())
    there = set()
    for row in Subscriber.objects.prefetch_related("notices", "consent_events"):
        kinds = [notice.kind for notice in row.notices.all()], [event.kind for event in row.consent_events.all()]
        assert kinds == (["confirm"], ["requested"]), (row.address, answers[row.address], kinds)
        there.add(row.address)
    assert {address for address, status in answers.items() if status == 200} <= there
