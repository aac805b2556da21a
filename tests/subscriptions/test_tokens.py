"""Tokens of mails' links: one purpose, one person, and 404 for anything else (A5)."""

import datetime as dt

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.subscriptions import preference_changes, tokens, unsubscribing
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.models import Subscriber
from digest.subscriptions.tokens import Purpose
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db
SOURCE = ConsentSource("test")
PAGES = {
    Purpose.CONFIRM: "/en/subscribe/confirm/{}/",
    Purpose.NOT_ME: "/en/subscribe/not-me/{}/",
    Purpose.PREFERENCES: "/en/subscribe/preferences/{}/",
    Purpose.NEW_ADDRESS: "/en/subscribe/address/{}/",
    Purpose.UNSUBSCRIBE: "/u/{}/",
}
every_purpose = pytest.mark.parametrize("purpose", list(Purpose))


def opened(purpose: Purpose, token: str, method: str = "get") -> HttpResponse:
    return getattr(Client(), method)(PAGES[purpose].format(token))


def make_waiting(**fields) -> Subscriber:
    """A subscriber for whom every purpose has a good token."""
    return make_subscriber(new_address="anna@new.example", asked_at=timezone.now(), **fields)


@every_purpose
def test_a_token_is_43_letters_and_opens_its_page(purpose):
    token = tokens.make(purpose, make_waiting())
    assert len(token) == 43 and token.replace("-", "").replace("_", "").isalnum()
    assert opened(purpose, token).status_code == 200


@every_purpose
def test_a_flipped_bit_opens_nothing(purpose):
    token = tokens.make(purpose, make_waiting())
    raw = tokens._decode(token)
    for bit in range(len(raw) * 8):
        flipped = bytes(byte ^ (1 << bit % 8 if place == bit // 8 else 0) for place, byte in enumerate(raw))
        assert tokens.read(purpose, tokens._encode(flipped)) is None


@every_purpose
def test_a_token_serves_no_other_purpose(purpose):
    row = make_waiting()
    for other in set(Purpose) - {purpose}:
        assert tokens.read(purpose, tokens.make(other, row)) is None


@every_purpose
def test_a_token_with_another_subscribers_number_opens_nothing(purpose):
    anna, bert = make_waiting(), make_waiting(address="bert@farm.example")
    mixed = tokens._decode(tokens.make(purpose, bert))[:8] + tokens._decode(tokens.make(purpose, anna))[8:]
    assert tokens.read(purpose, tokens._encode(mixed)) is None


@every_purpose
def test_whatever_is_no_token_gets_one_answer(purpose):
    token = tokens.make(purpose, make_waiting())
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bits = token[:-1] + last[last.index(token[-1]) ^ 1]  # differs in bits that nothing reads
    wrong = [token[:-1], token + "A", "A" * 43, same_bits, "x" * 10**6, "%00" * 14 + "A", "農" * 43, "+" * 43]
    for text in wrong:
        for method in ("get", "post"):
            assert opened(purpose, text, method).status_code == 404


@every_purpose
def test_after_a_change_of_address_older_tokens_open_nothing(purpose):
    row = make_waiting()
    token = tokens.make(purpose, row)
    preference_changes.confirm_address_change(row, SOURCE)
    assert Subscriber.objects.get().address == "anna@new.example"
    assert opened(purpose, token).status_code == 404


@every_purpose
def test_after_erasure_tokens_open_nothing(purpose):
    row = make_waiting()
    token = tokens.make(purpose, row)
    unsubscribing.erase(row, SOURCE)
    assert opened(purpose, token).status_code == opened(purpose, token, "post").status_code == 404


@pytest.mark.parametrize("state", ["pending", "active", "unsubscribed", "bounced", "complained", "blocked"])
def test_unsubscribing_works_in_every_state_and_after_years(state):
    long_ago = timezone.now() - dt.timedelta(days=4000)
    row = make_subscriber(state=state, asked_at=long_ago, created_at=long_ago)
    assert opened(Purpose.UNSUBSCRIBE, tokens.make(Purpose.UNSUBSCRIBE, row), "post").status_code == 200


def test_a_token_made_with_the_last_key_still_opens(settings):
    row = make_waiting()
    token = tokens.make(Purpose.PREFERENCES, row)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key" * 9
    assert tokens.read(Purpose.PREFERENCES, token) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert tokens.read(Purpose.PREFERENCES, token) == row


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.one_of(st.text(max_size=60), st.text("ABCabc019-_", min_size=43, max_size=43), st.binary().map(str)))
def test_no_text_is_a_token(db, text):
    assert tokens.read(Purpose.PREFERENCES, text) is None


def test_reading_a_token_is_one_query_whether_it_is_good_or_not(django_assert_num_queries):
    token = tokens.make(Purpose.PREFERENCES, make_waiting())
    for text in (token, "B" + token[1:], "_" * 42 + "8"):
        with django_assert_num_queries(1):
            tokens.read(Purpose.PREFERENCES, text)


def test_a_token_is_made_in_microseconds():
    row = make_waiting()
    start = timezone.now()
    for _each in range(1000):
        tokens.make(Purpose.UNSUBSCRIBE, row)
    assert timezone.now() - start < dt.timedelta(milliseconds=150)  # seen: 6 µs each
