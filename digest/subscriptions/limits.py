"""Rate limits for requested emails: per address, per network of the requester, per recipient domain, and overall.

Emails are counted in windows of 15 minutes (5 minutes for the overall count). A limit adds up all windows that overlap
its time span, so no span of that length ever contains more. Requests are handled one at a time, under the lock of one
row, so that the counts are right on any database and with concurrent requests.
"""

import datetime as dt
import hashlib
import hmac
import ipaddress
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from digest.subscriptions.addresses import EmailAddress, abuse_key
from digest.subscriptions.models import RateCount

Counts = dict[tuple[str, dt.timedelta], int]  # by key and span
logger = logging.getLogger(__name__)

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
# Each limit: the most emails in any span of this length.
ADDRESS = ((1, 15 * MINUTE), (3, DAY), (5, 30 * DAY))
NETWORK = ((100, HOUR), (300, DAY))  # everyone in a lecture hall may share one network
DOMAIN = ((100, HOUR), (400, DAY))
OVERALL = ((300, HOUR), (2400, DAY))
# Above the overall limit, this many emails are still sent in any ten minutes, to people whose network has requested
# nothing else within a day. The networks of a flood have.
RESERVE = (10, 10 * MINUTE)
# Large mailbox providers: the limit per domain does not apply to them.
LARGE_DOMAINS = frozenset(
    [
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com"),
        *("yahoo.com", "yahoo.com.tw", "yahoo.co.jp", "icloud.com", "me.com", "proton.me"),
        *("gmx.net", "gmx.de", "web.de", "mail.ru", "naver.com", "daum.net"),
        *("qq.com", "163.com", "126.com", "sina.com", "foxmail.com", "msa.hinet.net"),
        *("livemail.tw",),
    ]
)
LONGEST_WINDOW = 30 * DAY
_QUARTER, _FINE = 15 * MINUTE, 5 * MINUTE
_PROCESS_LOCK = threading.Lock()
_LOCK_ROW = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@lru_cache(maxsize=8)
def _key_of(secret: str) -> bytes:
    return hashlib.sha256(b"snz rate count\0" + secret.encode()).digest()


def _hashed(scope: str, value: str) -> str:
    return hmac.new(_key_of(settings.SECRET_KEY), f"{scope}\0{value}".encode(), hashlib.sha256).hexdigest()


def network_of(address: str) -> str:
    """The requester's truncated network: /24 of IPv4, /48 of IPv6; empty for anything but an IP address."""
    try:
        ip = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((int(ip), 48), strict=False))
        ip = ip.ipv4_mapped
    return str(ipaddress.IPv4Network((int(ip), 24), strict=False))


@dataclass(frozen=True)
class _Keys:
    address: str
    network: str
    domain: str
    overall: str
    asked: str  # requests from this network, granted or not
    told: str  # whether the limit was logged recently

    @classmethod
    def of(cls, address: EmailAddress, network: str) -> "_Keys":
        return cls(
            _hashed("address", abuse_key(address.key)),
            _hashed("network", network),
            _hashed("domain", address.domain),
            _hashed("overall", ""),
            _hashed("asked", network),
            _hashed("told", ""),
        )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """A transaction that only one thread of this process runs at a time.

    Requests would wait for each other in the database anyway. But with many waiting connections, SQLite lets some of
    them time out; with one connection per process this does not happen.
    """
    with _PROCESS_LOCK, transaction.atomic():
        yield


def lock_counters(now: dt.datetime | None = None) -> dt.datetime:
    """Lock the counters until the transaction ends. Returns the time to use for counting."""
    _add([(_hashed("lock", ""), _LOCK_ROW)])
    return now or timezone.now()


def may_send(address: EmailAddress, network: str, now: dt.datetime) -> bool:
    """Whether one more email to this address may be requested from this network; call `lock_counters` before.

    Counts the request; the email is counted by `count_mail`. All unknown networks ("") count as one.
    """
    keys = _Keys.of(address, network)
    counts = _counts(keys, now)
    _add([(keys.asked, _floor(now, _QUARTER))])
    if not (_within(counts, keys.address, ADDRESS) and _within(counts, keys.network, NETWORK)):
        return False
    if address.domain not in LARGE_DOMAINS and not _within(counts, keys.domain, DOMAIN):
        return False
    if _within(counts, keys.overall, OVERALL):
        return True
    _log_ceiling(counts, keys, now)
    is_first = counts[keys.asked, DAY] == 0
    return is_first and _within(counts, keys.overall, (RESERVE,))


def count_mail(address: EmailAddress, network: str, now: dt.datetime) -> None:
    """Count an email that is going to be sent."""
    keys = _Keys.of(address, network)
    quarter, fine = _floor(now, _QUARTER), _floor(now, _FINE)
    granted = [(key, quarter) for key in (keys.address, keys.network, keys.domain)]
    _add([*granted, (keys.overall, fine)])


def delete_old(now: dt.datetime) -> int:
    """Delete counts older than every limit's span; returns how many."""
    rows = RateCount.objects.filter(window_start__gt=_LOCK_ROW, window_start__lt=now - LONGEST_WINDOW - _QUARTER)
    return rows.delete()[0]


def _within(
    counts: dict[tuple[str, dt.timedelta], int], key: str, limits: tuple[tuple[int, dt.timedelta], ...]
) -> bool:
    return all(counts[key, span] < most for most, span in limits)


def _counts(keys: _Keys, now: dt.datetime) -> Counts:
    """The counts within each span up to now, by key and span."""
    spans = {span for _most, span in (*ADDRESS, *NETWORK, *DOMAIN, *OVERALL, RESERVE)}
    sums = {
        f"within_{int(span.total_seconds())}": Sum(
            "count", filter=Q(window_start__gt=now - span - _step(span)), default=0, output_field=models.IntegerField()
        )
        for span in spans
    }
    wanted = list(vars(keys).values())
    rows = RateCount.objects.filter(key__in=wanted, window_start__gt=now - LONGEST_WINDOW - _QUARTER)
    counts = {(key, span): 0 for key in wanted for span in spans}
    found: Any = rows.values("key").annotate(**sums)
    for row in found:
        counts.update({(row["key"], span): row[f"within_{int(span.total_seconds())}"] for span in spans})
    return counts


def _step(span: dt.timedelta) -> dt.timedelta:
    """The window length used for a span. A window counts as long as any part of it may lie within the span."""
    return _FINE if span < _QUARTER else _QUARTER


def _floor(now: dt.datetime, step: dt.timedelta) -> dt.datetime:
    return now - (now - _LOCK_ROW) % step


def _add(rows: list[tuple[str, dt.datetime]]) -> None:
    """Add one to each counter. Missing rows are inserted first, which is safe with concurrent inserts."""
    made = [RateCount(key=key, window_start=start) for key, start in rows]
    RateCount.objects.bulk_create(made, ignore_conflicts=True)
    these = Q()
    for key, start in rows:
        these |= Q(key=key, window_start=start)
    RateCount.objects.filter(these).update(count=F("count") + 1)


def _log_ceiling(counts: Counts, keys: _Keys, now: dt.datetime) -> None:
    """Log that the overall limit is reached, at most once in five minutes."""
    if counts[keys.told, RESERVE[1]] and RateCount.objects.filter(key=keys.told, window_start=_floor(now, _FINE)):
        return
    _add([(keys.told, _floor(now, _FINE))])
    logger.error(
        "The overall limit for emails requested on subscription pages is reached: %s in an hour, %s in a day.",
        counts[keys.overall, HOUR],
        counts[keys.overall, DAY],
    )
