"""One address, many requests at once, two processes of many threads, on a database of its own (A1, A7)."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.conf import settings

from tests.subscriptions.forms import token

pytestmark = pytest.mark.postgresql  # each test makes itself a database on the same server
THREADS, PROCESSES = 40, 2
ASK = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
COUNT = """
import django, json; django.setup()
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber
print(json.dumps([Subscriber.objects.count(), Notice.objects.count(), ConsentEvent.objects.count()]))
"""


def run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


@pytest.fixture
def environment(tmp_path: Path, request: Any) -> Iterator[dict[str, str]]:
    """The environment of a process with a fresh database of the kind that the tests run on."""
    made = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    url = os.environ["DATABASE_URL"]
    if not url.startswith("postgres"):
        made["DATABASE_URL"] = f"sqlite:///{tmp_path / 'race.sqlite3'}"
        run(made, "-c", ASK)
        yield made
        return
    admin = psycopg2.connect(url)
    admin.autocommit = True
    name = f"race_{os.getpid()}_{abs(hash(request.node.name)) % 10**6}"
    admin.cursor().execute(f"CREATE DATABASE {name}")
    made["DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    run(made, "-c", ASK)
    yield made
    admin.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


def race(environment: dict[str, str], requests: int, *arguments: str) -> Counter[str]:
    return at_once(environment, "race", str(THREADS), str(requests), *arguments)


def at_once(environment: dict[str, str], program: str, *arguments: str) -> Counter[str]:
    command = [sys.executable, "-m", f"tests.subscriptions.{program}", *arguments]
    started = [
        subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
        for _each in range(PROCESSES)
    ]
    statuses: Counter[str] = Counter()
    for process in started:
        statuses.update(json.loads(process.communicate(timeout=300)[0]))
    return statuses


@pytest.mark.parametrize("requests", [2, pytest.param(13, marks=pytest.mark.full)])
def test_a1_a_thousand_requests_at_once_make_one_row_and_one_mail(environment, requests):
    assert race(environment, requests, "anna@farm.tw") == {"200": THREADS * requests * PROCESSES}
    assert json.loads(run(environment, "-c", COUNT)) == [1, 1, 1]


def test_a7_one_form_token_is_accepted_once_in_all_processes_together(environment):
    statuses = race(environment, 1, "anna@farm.tw", token())
    assert statuses == {"200": 1, "400": THREADS * PROCESSES - 1}
    assert json.loads(run(environment, "-c", COUNT)) == [1, 1, 1]


JUDGE = """
import django, json; django.setup()
from django.db.models import F, Q
from digest.subscriptions.models import ConsentEvent, Subscriber
living = Subscriber.objects.exclude(state="erased")
ends = ConsentEvent.objects.filter(kind="erased").values_list("subscriber").distinct().count()
print(json.dumps({
    "keys": sorted(living.values_list("address_key", flat=True)),
    "gone": [Subscriber.objects.filter(state="erased").count(), ends],
    "never agreed": living.filter(state="active").exclude(
        consent_events__kind__in=["confirmed", "imported"]).count(),
}))
"""


@pytest.mark.parametrize("requests", ["8", pytest.param("25", marks=pytest.mark.full)])
def test_whatever_is_done_at_once_with_one_address_ends_well(environment, requests):
    """Subscribing, confirming, leaving, moving, erasing, importing: no 5xx, one row an address, each with proof."""
    statuses = at_once(environment, "storm", "12", requests)
    assert not {status for status in statuses if status.startswith("5")}, statuses
    found = json.loads(run(environment, "-c", JUDGE))
    assert len(set(found["keys"])) == len(found["keys"]) <= 3
    assert found["gone"][0] == found["gone"][1] and found["never agreed"] == 0
