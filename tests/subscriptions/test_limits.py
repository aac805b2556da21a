"""How many mails can be made to go out: to one address, from one network, to one domain, in all (A2, A3)."""

import datetime as dt
import logging
import random
from collections import Counter

import pytest
from django.test import Client

from digest.subscriptions import limits, subscribing
from digest.subscriptions.addresses import canonical
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.models import Notice, RateCount, Subscriber
from digest.subscriptions.preferences import Preferences
from tests.factories import make_subscriber
from tests.subscriptions.forms import filled

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 3, 1, 7, 59, 30, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def ask(address: str, after: dt.timedelta, network: str = "192.0.2.0/24") -> None:
    subscribing.subscribe(
        canonical(address), Preferences("en"), ConsentSource("test", network, "en"), now=START + after
    )


def mails(**fields) -> list[dt.datetime]:
    return list(Notice.objects.filter(**fields).order_by("created_at").values_list("created_at", flat=True))


def most_within(times: list[dt.datetime], span: dt.timedelta) -> int:
    return max((sum(start <= time < start + span for time in times) for start in times), default=0)


@pytest.mark.parametrize("requests", [9 * 20, pytest.param(9 * 120, marks=pytest.mark.full)])
def test_a2_nine_addresses_asked_for_all_the_time_get_five_mails_each_at_most(requests):
    """The pattern that Spamhaus saw, with an eightieth of its requests: the limits do not know the difference."""
    chance = random.Random(1)
    for number in range(requests):
        tag = chance.choice(["", "+a", "+b"])
        network = limits.network_of(f"10.{chance.randrange(4)}.{chance.randrange(250)}.7")
        ask(f"victim{number % 9}{tag}@farm.tw", 14 * DAY * number / requests, network)
    by_victim = Counter(
        key.partition("@")[0].partition("+")[0]
        for key in Notice.objects.values_list("subscriber__address_key", flat=True)
    )
    assert set(by_victim.values()) == {5}
    for victim in by_victim:
        times = mails(subscriber__address_key__startswith=victim)
        assert most_within(times, 15 * MINUTE) == 1
        assert most_within(times, DAY) <= 3


@pytest.mark.parametrize("asked_a_day", [3, pytest.param(6, marks=pytest.mark.full)])
def test_no_thirty_days_hold_more_than_five_mails_to_one_address(asked_a_day):
    for count in range(40 * asked_a_day):
        ask("anna@farm.tw", count * DAY / asked_a_day)
    assert most_within(mails(), 30 * DAY) == 5
    assert most_within(mails(), DAY) == 3
    assert len(mails()) > 5  # and after thirty days there are more again


@pytest.mark.parametrize(("ceiling", "requests"), [(30, 140), pytest.param(100, 700, marks=pytest.mark.full)])
def test_a3_a_flood_of_addresses_is_held_at_the_ceiling_told_of_and_a_visitor_still_gets_a_mail(
    caplog, monkeypatch, ceiling, requests
):
    """The flood's full rate of 28 a second, from 80 networks, against a part of our ceiling."""
    monkeypatch.setattr(limits, "OVERALL", ((ceiling, HOUR), (8 * ceiling, DAY)))
    chance = random.Random(2)
    span, first_alarm = requests / 28 * dt.timedelta(seconds=1), None
    networks = [f"10.{number // 250}.{number % 250}.0/24" for number in range(80)]
    for number in range(requests):
        after = span * number / requests
        with caplog.at_level(logging.ERROR):
            ask(f"victim{number}@farm{number}.tw", after, chance.choice(networks))
        if caplog.records and first_alarm is None:
            first_alarm = after
    most, reserve = limits.OVERALL[0][0], limits.RESERVE[0]
    assert most <= Notice.objects.count() <= most + reserve
    assert first_alarm is not None and first_alarm < MINUTE and len(caplog.records) <= 3
    ask("visitor@orchard.tw", 20 * MINUTE, "203.0.113.0/24")
    assert Notice.objects.filter(subscriber__address="visitor@orchard.tw").exists()
    ask("another@orchard.tw", 20 * MINUTE, networks[0])
    assert not Notice.objects.filter(subscriber__address="another@orchard.tw").exists()


def test_one_network_gets_so_many_mails_and_others_go_on():
    most = limits.NETWORK[0][0]
    for number in range(most + 20):
        ask(f"a{number}@farm{number}.tw", number * dt.timedelta(seconds=1))
    assert Notice.objects.count() == most
    ask("visitor@orchard.tw", HOUR / 2, "203.0.113.0/24")
    assert Notice.objects.count() == most + 1


def test_one_domain_gets_so_many_mails_but_the_large_ones_are_not_one_target():
    most = limits.DOMAIN[0][0]
    for number in range(most + 20):
        network = f"10.0.{number}.0/24"
        ask(f"a{number}@farm.tw", number * dt.timedelta(seconds=1), network)
        ask(f"a{number}@gmail.com", number * dt.timedelta(seconds=1), network)
    assert Notice.objects.filter(subscriber__address__endswith="@farm.tw").count() == most
    assert Notice.objects.filter(subscriber__address__endswith="@gmail.com").count() == most + 20


def test_who_is_refused_leaves_no_row_behind():
    for number in range(10):
        ask(f"anna+{number}@farm.tw", number * MINUTE / 10)
    assert Subscriber.objects.count() == Notice.objects.count() == 1


def test_every_way_to_a_mail_passes_the_same_limits():
    row = make_subscriber(address="anna@farm.tw", state="unsubscribed")
    ask("anna@farm.tw", 0 * MINUTE)
    subscribing.email_preferences_link(canonical("anna@farm.tw"), ConsentSource("test"), now=START + MINUTE)
    assert not subscribing.resubscribe(row, ConsentSource("test"), now=START + 2 * MINUTE)
    assert Notice.objects.count() == 1


def test_counts_hold_no_address():
    ask("anna@farm.tw", 0 * MINUTE)
    keys = list(RateCount.objects.values_list("key", flat=True))
    assert len(keys) >= 5 and all(len(key) == 64 for key in keys)


def test_old_counts_are_forgotten():
    ask("anna@farm.tw", 0 * MINUTE)
    assert limits.delete_old(START + 29 * DAY) == 0
    assert limits.delete_old(START + 31 * DAY) > 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("::1", "::/48"),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_networks_are_truncated(address, network):
    assert limits.network_of(address) == network


@pytest.mark.parametrize(
    ("hops", "forwarded", "network"),
    [
        (0, "203.0.113.7", "127.0.0.0/24"),
        (1, "198.51.100.9, 203.0.113.7", "203.0.113.0/24"),
        (2, "198.51.100.9, 203.0.113.7", "198.51.100.0/24"),
        (1, "", "127.0.0.0/24"),
    ],
)
def test_only_our_own_proxies_are_believed(hops, forwarded, network, settings):
    settings.PROXY_HOPS = hops
    Client(headers={"X-Forwarded-For": forwarded}).post("/en/subscribe/", filled("anna@farm.tw"))
    assert Subscriber.objects.get().consent_events.get().network == network
