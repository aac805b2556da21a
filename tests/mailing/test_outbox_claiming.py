"""Whom a claim lets through, and what a fence still asks."""

import datetime as dt

import pytest
from django.utils import timezone

from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing, OutboxState
from digest.mailing.outbox import state
from digest.mailing.results import DeliveryResult, DeliveryStatus
from digest.subscriptions.models import Notice, Subscriber
from tests.factories import make_full_issue, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
SENT = DeliveryResult(DeliveryStatus.SENT, "250 taken")


@pytest.fixture(autouse=True)
def post_office(settings, tmp_path) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    outbox.check_restore()


def start(people: int = 3) -> Mailing:
    for number in range(people):
        make_subscriber(f"reader{number}@farm.example")
    return outbox.start(make_full_issue())


def fates(mailing: Mailing) -> dict[str, int]:
    return {state: count for state, count in outbox.counts_by_state(mailing).items() if count}


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
        (DeliveryStatus.SENT, "sent", 1),
        (DeliveryStatus.DEFERRED, "deferred", 1),
        (DeliveryStatus.FAILED, "failed", 1),
        (DeliveryStatus.UNCERTAIN, "uncertain", 1),
        (DeliveryStatus.POSTPONED, "pending", 0),
    ],
)
def test_each_outcome_ends_in_its_state(fate: DeliveryStatus, state: str, attempts: int) -> None:
    mailing = start(1)
    claimed = outbox.claim("one", 1)
    outbox.record_and_fence("one", [], claimed)
    outbox.record_and_fence("one", [(claimed[0], DeliveryResult(fate, "what was said"))], [])
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.reply, row.owner) == (state, attempts, "what was said", "")
    assert sum(outbox.counts_by_state(mailing).values()) == mailing.audience


def test_what_is_deferred_is_not_due_at_once() -> None:
    start(1)
    claimed = outbox.claim("one", 1)
    outbox.record_and_fence("one", [], claimed)
    outbox.record_and_fence("one", [(claimed[0], DeliveryResult(DeliveryStatus.DEFERRED, "450 later"))], [])
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
    outbox.run_maintenance()
    assert bool(outbox.claim("one", 5)) is goes


def test_notices_go_before_newsletters() -> None:
    start()
    Notice.objects.create(subscriber=make_subscriber("new@farm.example", state="pending"), kind="confirm")
    outbox.run_maintenance()
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
    before = state.read_sequence(), OutboxState.objects.get().sequence
    assert outbox.claim("one", 5) == []
    assert (state.read_sequence(), OutboxState.objects.get().sequence) == before


def test_who_moved_or_paused_after_the_claim_is_not_fenced_and_is_judged_anew() -> None:
    """The mail that was claimed knows the address and the secret of then."""
    mailing = start(3)
    claimed = {mail.address: mail for mail in outbox.claim("one", 3)}
    moved = Subscriber.objects.filter(address_key="reader0@farm.example")
    moved.update(address="new@farm.example", address_key="new@farm.example", secret="another")
    Subscriber.objects.filter(address_key="reader1@farm.example").update(
        paused_until=timezone.localdate() + dt.timedelta(days=9)
    )
    fenced, _stale = outbox.record_and_fence("one", [], list(claimed.values()))
    assert fenced == {claimed["reader2@farm.example"].id}
    outbox.release("one", [mail.id for mail in claimed.values() if mail.id not in fenced])
    assert [mail.address for mail in outbox.claim("one", 3)] == ["new@farm.example"]
    assert fates(mailing) == {"in-data": 1, "claimed": 1, "suppressed": 1}


def test_who_pauses_until_a_day_that_has_come_is_fenced() -> None:
    start(1)
    Subscriber.objects.update(paused_until=timezone.localdate())
    claimed = outbox.claim("one", 1)
    assert outbox.record_and_fence("one", [], claimed) == ({claimed[0].id}, [])


def test_a_mail_that_the_server_puts_off_goes_behind_those_that_wait() -> None:
    start(3)
    first = outbox.claim("one", 1)
    outbox.record_and_fence("one", [], first)
    outbox.record_and_fence(
        "one", [(first[0], DeliveryResult(DeliveryStatus.POSTPONED, "454 not now", is_fault=True))], []
    )
    order = [mail.id for _ in range(3) for mail in outbox.claim("one", 1)]
    assert order[-1] == first[0].id or first[0].id not in order  # due a thousandth of a second later
    assert Delivery.objects.get(pk=first[0].id).attempts == 0


def test_a_mail_that_was_on_its_way_does_not_end_the_pause_that_began_meanwhile() -> None:
    outbox.record_fault("421 busy")
    assert not outbox.record_success()
    assert OutboxState.objects.get().paused_until and OutboxState.objects.get().faults == 1
    OutboxState.objects.update(paused_until=timezone.now() - dt.timedelta(seconds=1))
    assert outbox.record_success()
    assert OutboxState.objects.get().paused_until is None and OutboxState.objects.get().faults == 0


def test_a_servers_odd_words_are_kept_without_addresses(caplog: pytest.LogCaptureFixture) -> None:
    outbox.record_fault("454 4.7.1 <anna@farm.example>: \x00relay\x07 denied")
    reason = OutboxState.objects.get().pause_reason
    assert "relay" in reason and "anna" not in reason + caplog.text and "\x00" not in reason


def test_of_several_requests_to_move_only_the_last_is_mailed() -> None:
    """Each was counted against the address that was typed; all of them would go to the last one."""
    row = make_subscriber(new_address="last@farm.example")
    for _ in range(3):
        Notice.objects.create(subscriber=row, kind=Notice.Kind.NEW_ADDRESS)
    outbox.run_maintenance()
    assert [mail.address for mail in outbox.claim("one", 5)] == ["last@farm.example"]
    assert Delivery.objects.filter(state="suppressed").count() == 2


def test_while_mail_is_locked_nothing_is_given_up_and_once_it_is_open_there_is_time_again() -> None:
    mailing = start(2)
    Mailing.objects.update(expires_at=timezone.now() - dt.timedelta(hours=1))
    Notice.objects.create(
        subscriber=make_subscriber(), kind=Notice.Kind.KNOWN, created_at=timezone.now() - dt.timedelta(hours=30)
    )
    outbox.lock("a backup was put back")
    outbox.run_maintenance()
    mailing.refresh_from_db()
    assert fates(mailing) == {"pending": 2} and mailing.state == "sending" and Notice.objects.exists()
    outbox.unlock()
    outbox.run_maintenance()
    assert fates(mailing) == {"pending": 2} and len(outbox.claim("one", 5)) == 2


def test_mails_that_nobody_took_in_time_are_given_up_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    mailing = start(2)
    Mailing.objects.update(expires_at=timezone.now() - dt.timedelta(hours=1))
    outbox.run_maintenance()
    outbox.run_maintenance()
    mailing.refresh_from_db()
    assert fates(mailing) == {"expired": 2} and mailing.state == "finished"
    assert caplog.text.count("2 deliveries expired") == 1
