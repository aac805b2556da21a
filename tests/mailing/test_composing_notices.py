"""Notices carry no word that anybody typed, lead to the right pages with the right tokens, and pass the checks."""

import datetime as dt

import pytest
from django.urls import resolve
from hypothesis import given
from hypothesis import strategies as st

from digest.mailing import composing
from digest.subscriptions import tokens
from digest.subscriptions.models import Notice, Subscriber
from tests.mailing.email_checker import checked, mislabelled
from tests.mailing.emails import DATE, LANGUAGES, filled

KINDS = Notice.Kind.values
SLOTS = {
    "confirm": {"confirm", "not_me"},
    "reminder": {"confirm", "not_me"},
    "known": {"preferences", "unsubscribe"},
    "preferences": {"preferences", "unsubscribe"},
    "new-address": {"new_address"},
}
ANYTHING = st.text(max_size=40)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_passes_the_checks_of_its_format(kind, language):
    mail = composing.notice(kind, Subscriber(language=language), DATE)
    read = checked(filled(mail, mailing=None))
    assert read.is_notice
    assert read.message["List-Unsubscribe"] is None
    assert mislabelled(read) == []
    assert mail.html_bytes < 12_000


@given(st.sampled_from(KINDS), ANYTHING, ANYTHING, ANYTHING, st.sampled_from(["", "http://evil.test/"]))
def test_nothing_typed_by_anybody_gets_into_it(kind, address, sections, topics, new_address):
    typed = Subscriber(
        pk=5, address=address + new_address, sections=sections, topics=topics, new_address=new_address, language="en"
    )
    assert composing.notice(kind, typed, DATE) == composing.notice(kind, Subscriber(language="en"), DATE)


@pytest.mark.parametrize("kind", KINDS)
def test_its_links_have_tokens_of_the_right_purpose(kind):
    mail = composing.notice(kind, Subscriber(language="en"), DATE)
    assert mail.mime_template.body_slots == SLOTS[kind]
    assert {slot.replace("_", "-") for slot in SLOTS[kind]} <= {purpose.value for purpose in tokens.Purpose}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_its_links_lead_to_the_pages_of_their_purpose(kind, language):
    read = checked(filled(composing.notice(kind, Subscriber(language=language), DATE), mailing=None))
    names = set()
    for link in read.page.links:
        if "u" * 43 in link or any(letter * 43 in link for letter in "pcna"):
            match = resolve(link.removeprefix("http://testserver"))
            names.add({"one_click": "unsubscribe"}.get(match.url_name, match.url_name))
    assert names == SLOTS[kind]


def test_a_bilingual_one_says_everything_twice():
    read = checked(filled(composing.notice("confirm", Subscriber(language="bilingual"), DATE), mailing=None))
    assert len([link for link in read.page.links if "/subscribe/confirm/" in link]) == 2
    assert {link.split("/")[3] for link in read.page.links if "/subscribe/" in link} == {"zh-hant", "en"}


def test_its_date_is_that_of_the_moment_unless_given():
    mail = composing.notice("confirm", Subscriber(language="en"))
    sent = checked(filled(mail, mailing=None)).message["Date"].datetime
    assert abs(sent - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
