"""A2 and A3 at their full size: `python -m tests.subscriptions.flood`, on the PostgreSQL of DATABASE_URL or on SQLite.

A2: 81,000 requests for nine addresses, with and without tags, from 1,000 networks, over 14 days. A3: 100,000 addresses
from 10,000 networks within an hour. The clock is the requests' own; about a quarter of an hour. The tests ask the same
with fewer requests.
"""

import datetime as dt
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

START = dt.datetime(2026, 3, 1, 7, 59, 30, tzinfo=dt.UTC)
VICTIMS, NETWORKS, DAYS = 9, 1_000, 14
ADDRESSES, FLOOD_NETWORKS = 100_000, 10_000


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="snz-flood-") as folder:
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
            os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'flood.sqlite3'}"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return int(not (_pattern(9_000 * VICTIMS) and _flood(ADDRESSES)))


def _pattern(requests: int) -> bool:
    """A2: no address more than five mails."""
    from digest.subscriptions.models import Notice

    chance = random.Random(1)
    for number in _shown(range(requests), "A2"):
        tag = chance.choice(["", "+a", "+b"])
        after = dt.timedelta(days=DAYS) * number / requests
        _ask(f"victim{number % VICTIMS}{tag}@farm.tw", after, chance.randrange(NETWORKS))
    keys = Notice.objects.values_list("subscriber__address_key", flat=True)
    mails = Counter(key.partition("@")[0].partition("+")[0] for key in keys)
    print(f"A2: {requests:,} requests for {VICTIMS} addresses; mails to each: {sorted(mails.values())}")
    return len(mails) == VICTIMS and max(mails.values()) <= 5


def _flood(requests: int) -> bool:
    """A3: no more mails than the ceiling and its reserve; told of within a minute; a visitor still gets his mail."""
    import logging

    from digest.subscriptions import limits
    from digest.subscriptions.models import Notice, RateCount

    RateCount.objects.all().delete()
    before = Notice.objects.count()
    alarms: list[dt.timedelta] = []
    reached: list[dt.timedelta] = []
    after = dt.timedelta(0)
    handler = logging.Handler()
    handler.emit = lambda _record: alarms.append(after)  # type: ignore[method-assign]
    limits.logger.addHandler(handler)
    limits.logger.propagate = False
    ceiling, reserve = limits.OVERALL[0][0], limits.RESERVE[0] * 6
    chance = random.Random(2)
    for number in _shown(range(requests), "A3"):
        after = dt.timedelta(hours=1) * number / requests
        _ask(f"a{number}@farm{number}.tw", after, chance.randrange(FLOOD_NETWORKS))
        if not reached and number < 5_000 and Notice.objects.count() - before >= ceiling:
            reached.append(after)
    mails = Notice.objects.count() - before
    _ask("visitor@orchard.tw", dt.timedelta(minutes=65), FLOOD_NETWORKS + 1)
    is_served = Notice.objects.filter(subscriber__address="visitor@orchard.tw").exists()
    late = (alarms[0] - reached[0]).total_seconds() if alarms and reached else float("inf")
    print(
        f"A3: {requests:,} addresses; mails: {mails} (ceiling {ceiling}, reserve {reserve}); alarm {late:.1f} s after"
        f" the ceiling, {len(alarms)} in all; another visitor served: {is_served}"
    )
    return mails <= ceiling + reserve and late < 60 and is_served


def _ask(address: str, after: dt.timedelta, network: int) -> None:
    from digest.subscriptions import limits, subscribing
    from digest.subscriptions.addresses import canonical
    from digest.subscriptions.consent import ConsentSource
    from digest.subscriptions.preferences import Preferences

    asker = limits.network_of(f"10.{network // 250}.{network % 250}.7")
    subscribing.subscribe(canonical(address), Preferences("en"), ConsentSource("test", asker, "en"), now=START + after)


def _shown(numbers: range, name: str) -> Iterable[int]:
    """The same, with progress on a terminal."""
    since = time.monotonic()
    for number in numbers:
        if sys.stderr.isatty() and number % 500 == 0:
            rate = number / max(time.monotonic() - since, 0.001)
            sys.stderr.write(f"\r{name}: {number:,} of {len(numbers):,}, {rate:.0f}/s\x1b[K")
        yield number
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


if __name__ == "__main__":
    sys.exit(main())
