"""A mail's Message-ID and return path tell its delivery, to us alone."""

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing.message_ids import delivery_id_from, envelope_sender, message_id

NUMBERS = st.integers(1, 2**63 - 1)


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.MAIL_BOUNCES = "bounces@mail.test"


@given(NUMBERS, st.none() | NUMBERS)
def test_both_tell_the_delivery_in_whatever_case_they_come_back(delivery, mailing):
    with override_settings(MAIL_BOUNCES="bounces@mail.test"):
        texts = [message_id(delivery, mailing), envelope_sender(delivery)]
    for text in texts:
        assert (
            delivery_id_from(text)
            == delivery_id_from(text.upper())
            == delivery_id_from(f" {text.strip('<>')}\n")
            == delivery
        )


def test_their_form_is_fixed_for_ever(settings):
    settings.SECRET_KEY = "fixed-key-" * 6
    assert message_id(12, 3) == "<m3.12.0eba86b7d9f56c23@testserver>"
    assert message_id(12, None) == "<n0.12.2e8641cfa109929e@testserver>"
    assert envelope_sender(12) == "bounces+12.025fdb3db37cc818@mail.test"


def test_each_is_another_one():
    made = {message_id(delivery, mailing) for delivery in range(1, 200) for mailing in (None, 1, 2)}
    assert len(made) == 199 * 3


@pytest.mark.parametrize(
    "spoil", [lambda t: t.replace("12.", "13."), lambda t: t.replace("m3", "m4"), lambda t: t[3:]]
)
def test_a_forged_one_tells_nothing(spoil):
    assert delivery_id_from(spoil(message_id(12, 3))) is None


def test_the_seal_of_one_kind_does_not_fit_the_other():
    seal = message_id(12, 3).partition("12.")[2].partition("@")[0]
    assert delivery_id_from(f"bounces+12.{seal}@mail.test") is None


@pytest.mark.parametrize(
    "text", ["", "<>", "a@b", "<x@y>", "bounces@mail.test", "m1.1.zz@a", "１" * 30, "\0", "9" * 10**5]
)
def test_what_is_not_ours_tells_nothing(text):
    assert delivery_id_from(text) is None


def test_an_older_key_still_tells(settings):
    before = message_id(12, 3), envelope_sender(12)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-" * 6
    assert [delivery_id_from(text) for text in before] == [12, 12]
    settings.SECRET_KEY_FALLBACKS = []
    assert [delivery_id_from(text) for text in before] == [None, None]
