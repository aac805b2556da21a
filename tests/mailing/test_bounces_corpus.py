"""More than a hundred bounces, complaints and automatic answers: each is taken for what it is [S24]."""

import random
from collections.abc import Callable

import pytest

from digest.mailing import bounces
from digest.mailing.bounces import reports
from digest.mailing.message_ids import envelope_sender, message_id
from digest.mailing.models import Delivery, MailEvent
from digest.subscriptions.models import Subscriber
from tests.mailing.bounce_corpus import Case, everything
from tests.mailing.bounce_styles import Returned, postfix
from tests.mailing.mailbox import make_deliveries, returned

CASES = everything()
MAIL = Returned("ana@farm.example", message_id(7, 3), envelope_sender(7))


def test_the_corpus_is_large_and_each_message_stands_once() -> None:
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_message_is_given_its_class(case: Case) -> None:
    report = reports.read(case.build(MAIL))
    found = report.finding_for(MAIL.address) if report else None
    assert (found.kind if found else None) == case.kind
    if case.status:
        assert report and found and (report.delivery_id, found.status) == (7, case.status)


WORD = "a" * 900_000  # a pattern that takes the square of its length needs an hour for it
LONG = {
    "the recipients": lambda mail: postfix("5.1.1", "x")(mail).replace(b"ana@farm.example", WORD.encode()),
    "To": postfix("5.1.1", "550 5.1.1 User unknown", to=WORD),
    "the server's answer": postfix("5.1.1", f"550 5.1.1 {WORD}"),
    "words with many an @": postfix("5.1.1", "550 5.1.1 User unknown", to="a@" * 450_000),
    "many words": postfix("5.1.1", "550 5.1.1 User unknown", to="a@b, " * 180_000),
}


@pytest.mark.parametrize("build", LONG.values(), ids=LONG.keys())
def test_a_report_with_a_very_long_word_is_read_all_the_same(build: Callable[[Returned], bytes]) -> None:
    report = reports.read(build(MAIL))
    assert report and report.delivery_id == 7


@pytest.mark.parametrize("field", ["Original-Mail-From", "Message-ID", "Return-Path"])
def test_a_very_long_word_by_which_a_mail_should_be_known_is_no_mail_of_ours(field: str) -> None:
    stranger = Returned(MAIL.address, WORD, WORD)
    complaint = next(case for case in CASES if case.name == "feedback abuse").build(stranger)
    assert reports.read(complaint.replace(b"Feedback-Type", f"{field}: {WORD}\nFeedback-Type".encode())) is None


@pytest.mark.django_db
def test_the_whole_corpus_three_times_shuffled_leaves_what_each_code_demands() -> None:
    deliveries = make_deliveries(len(CASES))
    mails = [case.build(returned(row)) for case, row in zip(CASES, deliveries, strict=True)]
    brought = mails * 3
    random.Random(24).shuffle(brought)
    for raw in brought:
        bounces.receive(raw)
    kinds = dict(MailEvent.objects.values_list("delivery_id", "kind"))
    assert MailEvent.objects.count() == sum(case.kind is not None for case in CASES)
    ended = {"hard": "bounced", "complaint": "complained"}
    for case, row in zip(CASES, deliveries, strict=True):
        assert kinds.get(row.pk) == case.kind, case.name
        subscriber = Subscriber.objects.get(pk=row.subscriber_id)
        assert subscriber.state == ended.get(case.kind or "", "active"), case.name
        assert row.subscriber.consent_events.count() == (case.kind in ended)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.django_db
def test_no_address_is_kept_with_an_event() -> None:
    row = make_deliveries(1)[0]
    raw = next(case for case in CASES if case.name == "Gmail 5.1.1").build(returned(row))
    bounces.receive(raw.replace(b"User unknown", b"<u0@farm.example>: unknown"))
    event = MailEvent.objects.get()
    assert event.kind == "hard" and "@" not in event.detail and "unknown" in event.detail
