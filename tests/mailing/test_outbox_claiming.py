"""Whom a claim lets through, and what a fence still asks."""

import pytest

from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing, Post
from digest.mailing.outbox import post
from digest.mailing.outcomes import Fate, Outcome
from digest.subscriptions.models import Notice, Subscriber
from tests.factories import make_full_issue, make_subscriber

pytestmark = pytest.mark.django_db
SENT = Outcome(Fate.SENT, "250 taken")


@pytest.fixture(autouse=True)
def post_office(settings, tmp_path) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    outbox.check_restore()


def start(people: int = 3) -> Mailing:
    for number in range(people):
        make_subscriber(f"reader{number}@farm.example")
    return outbox.start(make_full_issue())


def fates(mailing: Mailing) -> dict[str, int]:
    return {state: count for state, count in outbox.accounts(mailing).items() if count}


def test_an_issue_is_started_once() -> None:
    mailing = start()
    assert outbox.start(mailing.issue) == mailing
    assert mailing.audience == Delivery.objects.count() == 3


def test_an_unpublished_issue_is_not_started() -> None:
    with pytest.raises(ValueError, match="not published"):
        outbox.start(make_full_issue(published=False))
    assert not Mailing.objects.exists()


def test_nobody_is_claimed_twice() -> None:
    start()
    assert len(outbox.claim("one", 2)) == 2
    assert len(outbox.claim("two", 5)) == 1
    assert outbox.claim("three", 5) == []


def test_who_left_before_the_claim_gets_nothing() -> None:
    mailing = start()
    Subscriber.objects.filter(address_key="reader1@farm.example").update(state="unsubscribed")
    assert len(outbox.claim("one", 5)) == 2
    assert fates(mailing) == {"claimed": 2, "suppressed": 1}


def test_who_left_after_the_claim_is_not_fenced() -> None:
    mailing = start(1)
    claimed = outbox.claim("one", 1)
    Subscriber.objects.update(state="unsubscribed")
    assert outbox.record_and_fence("one", [], claimed) == (set(), [])
    assert fates(mailing) == {"claimed": 1}


def test_only_the_one_who_claimed_may_send() -> None:
    start(1)
    claimed = outbox.claim("one", 1)
    assert outbox.record_and_fence("two", [], claimed) == (set(), [])
    assert outbox.record_and_fence("one", [], claimed) == ({claimed[0].id}, [])
    assert outbox.record_and_fence("one", [], claimed) == (set(), [])


def test_an_outcome_is_written_once() -> None:
    mailing = start(1)
    claimed = outbox.claim("one", 1)
    outbox.record_and_fence("one", [], claimed)
    assert outbox.record_and_fence("one", [(claimed[0], SENT)], []) == (set(), [])
    assert outbox.record_and_fence("one", [(claimed[0], SENT)], []) == (set(), [claimed[0].id])
    assert fates(mailing) == {"sent": 1}


@pytest.mark.parametrize(
    ("fate", "state", "attempts"),
    [
        (Fate.SENT, "sent", 1),
        (Fate.DEFERRED, "deferred", 1),
        (Fate.FAILED, "failed", 1),
        (Fate.UNCERTAIN, "uncertain", 1),
        (Fate.POSTPONED, "pending", 0),
    ],
)
def test_each_outcome_ends_in_its_state(fate: Fate, state: str, attempts: int) -> None:
    mailing = start(1)
    claimed = outbox.claim("one", 1)
    outbox.record_and_fence("one", [], claimed)
    outbox.record_and_fence("one", [(claimed[0], Outcome(fate, "what was said"))], [])
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.reply, row.owner) == (state, attempts, "what was said", "")
    assert sum(outbox.accounts(mailing).values()) == mailing.audience


def test_what_is_deferred_is_not_due_at_once() -> None:
    start(1)
    claimed = outbox.claim("one", 1)
    outbox.record_and_fence("one", [], claimed)
    outbox.record_and_fence("one", [(claimed[0], Outcome(Fate.DEFERRED, "450 later"))], [])
    assert outbox.claim("one", 1) == []
    assert not outbox.has_work()


def test_a_cancelled_mailing_sends_no_more() -> None:
    mailing = start()
    claimed = outbox.claim("one", 2)
    assert outbox.cancel(mailing) and not outbox.cancel(mailing)
    assert outbox.record_and_fence("one", [], claimed) == (set(), [])
    assert fates(mailing) == {"suppressed": 3}


def test_a_pause_holds_and_resuming_goes_on_with_the_same_rows() -> None:
    mailing = start()
    outbox.pause(mailing)
    assert outbox.claim("one", 5) == []
    outbox.resume(mailing)
    assert len(outbox.claim("one", 5)) == 3


@pytest.mark.parametrize(
    ("kind", "state", "goes"),
    [
        ("confirm", "pending", True),
        ("confirm", "unsubscribed", True),
        ("confirm", "blocked", False),
        ("known", "active", True),
        ("known", "bounced", False),
        ("preferences", "unsubscribed", True),
        ("reminder", "active", False),
        ("new-address", "active", False),
    ],
)
def test_a_notice_goes_to_whom_it_is_for(kind: str, state: str, goes: bool) -> None:
    Notice.objects.create(subscriber=make_subscriber(state=state), kind=kind)
    outbox.keep_house()
    assert bool(outbox.claim("one", 5)) is goes


def test_notices_go_before_newsletters() -> None:
    start()
    Notice.objects.create(subscriber=make_subscriber("new@farm.example", state="pending"), kind="confirm")
    outbox.keep_house()
    assert outbox.claim("one", 1)[0].notice_kind == "confirm"


def test_locked_mail_does_not_leave() -> None:
    start()
    outbox.lock("restored")
    assert outbox.claim("one", 5) == []
    outbox.unlock()
    assert len(outbox.claim("one", 5)) == 3


def test_a_database_older_than_what_was_sent_locks_mail(settings) -> None:
    start()
    outbox.claim("one", 1)
    (settings.MAIL_STATE_DIR / "mark").write_text("99")
    outbox.check_restore()
    assert outbox.is_locked()


def test_an_idle_sender_writes_nothing() -> None:
    mailing = start()
    outbox.pause(mailing)
    before = post.read_mark(), Post.objects.get().mark
    assert outbox.claim("one", 5) == []
    assert (post.read_mark(), Post.objects.get().mark) == before
