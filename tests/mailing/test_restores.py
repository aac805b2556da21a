"""A database that was put back from a backup sends nothing until somebody unlocks it [S20]."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing, OutboxState
from digest.mailing.outbox import state
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage
from digest.mailing.sender import Sender
from tests.factories import make_full_issue, make_subscriber

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]
PEOPLE = 12


class Stop:
    """A transport that stops its sender after so many mails, as a restore does."""

    batch = 1

    def __init__(self, arrived: Counter[str], after: int = PEOPLE) -> None:
        self.sender: Any = None
        self.arrived, self.after = arrived, after

    def send(self, letter: OutgoingMessage) -> DeliveryResult:
        self.arrived[letter.recipient] += 1
        if sum(self.arrived.values()) == self.after:
            self.sender.stop()
        return DeliveryResult(DeliveryStatus.SENT, "250 taken")

    def abort(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def mailing(settings: Any, tmp_path: Path) -> Mailing:
    settings.MAIL_STATE_DIR = tmp_path
    for number in range(PEOPLE):
        make_subscriber(f"reader{number}@farm.example")
    outbox.check_restore()
    return outbox.start(make_full_issue())


@pytest.fixture
def arrived() -> Counter[str]:
    return Counter()


def run(arrived: Counter[str], after: int = 1000) -> None:
    transport = Stop(arrived, after)
    transport.sender = Sender(lambda: transport, connections=1)
    transport.sender.run(once=True)


def back_up() -> list[tuple[Any, list[Any]]]:
    return [(model, list(model.objects.all())) for model in (Mailing, Delivery, OutboxState)]


def restore(backup: list[tuple[Any, list[Any]]]) -> None:
    for _model, rows in backup:
        for row in rows:
            row.save(force_update=True)


def test_yesterdays_backup_is_locked_and_sends_nothing(arrived: Counter[str]) -> None:
    backup = back_up()
    run(arrived, after=5)
    restore(backup)
    before = sum(arrived.values())
    run(arrived)
    assert outbox.is_locked() and sum(arrived.values()) == before >= 5


def test_a_backup_made_within_one_claim_is_locked_as_well(arrived: Counter[str]) -> None:
    holding = outbox.InFlightFile("a-sender")
    holding.open()
    held = outbox.claim("a-sender", PEOPLE)
    holding.set(len(held))
    backup = back_up()
    outbox.record_and_fence("a-sender", [], held[:4])
    holding.set(len(held) - 4)  # and then four leave, and the machine dies
    outbox.check_restore()
    assert not outbox.is_locked(), "a sender that was killed is no restore"
    restore(backup)
    run(arrived)
    assert outbox.is_locked() and not arrived


def test_a_claim_under_way_locks_nothing() -> None:
    holding = outbox.InFlightFile("a-sender")
    holding.open()
    holding.set(None)
    outbox.claim("a-sender", PEOPLE)  # its sender is killed before it hears of it
    outbox.check_restore()
    assert not outbox.is_locked()


def test_a_claim_that_a_sender_never_heard_of_is_given_back_and_locks_nothing(
    arrived: Counter[str], mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, answers = outbox.claim, iter([OperationalError("server closed the connection")])

    def break_once(owner: str, limit: int) -> Any:
        claimed = claim(owner, 5)
        if error := next(answers, None):
            raise error
        return claimed

    monkeypatch.setattr(outbox, "claim", break_once)
    run(arrived)
    assert not outbox.is_locked()
    assert outbox.counts_by_state(mailing)["sent"] == PEOPLE and set(arrived.values()) == {1}


def test_a_database_put_back_while_the_next_claim_is_made_is_locked(arrived: Counter[str]) -> None:
    holding = outbox.InFlightFile("a-sender")
    holding.open()
    held = outbox.claim("a-sender", 5)
    backup = back_up()
    outbox.record_and_fence("a-sender", [], held)
    holding.set(None)
    restore(backup)
    run(arrived)
    assert outbox.is_locked() and not arrived


def test_unlocked_it_goes_on_and_no_older_backup_passes_for_newer(arrived: Counter[str]) -> None:
    first = back_up()
    run(arrived, after=5)
    second = back_up()
    restore(first)
    outbox.check_restore()
    outbox.unlock()
    run(arrived, after=PEOPLE)
    restore(second)
    before = sum(arrived.values())
    run(arrived)
    assert outbox.is_locked() and sum(arrived.values()) == before


def test_a_database_put_back_under_a_running_sender_is_noticed_before_its_next_claim() -> None:
    backup = back_up()
    outbox.claim("one", 1)
    restore(backup)
    assert outbox.claim("one", 1) == []
    outbox.check_restore()
    assert outbox.is_locked()


def test_locking_stops_a_sender_within_what_it_has_claimed() -> None:
    held = outbox.claim("a-sender", PEOPLE)
    outbox.lock("by hand")
    fenced, _stale = outbox.record_and_fence("a-sender", [], held[:3])
    assert fenced == set()


def test_a_disk_without_room_for_the_mark_gives_back_what_was_claimed(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(mark: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(state, "save_sequence", no_room)
        with pytest.raises(OSError, match="No space"):
            outbox.claim("a-sender", PEOPLE)
    assert outbox.counts_by_state(mailing)["pending"] == PEOPLE


def test_a_sender_waits_for_room_on_the_disk(arrived: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write, until = state._write_sequence, time.monotonic() + 1

    def no_room_yet(mark: int) -> None:
        if time.monotonic() < until:
            raise OSError(28, "No space left on device")
        write(mark)

    monkeypatch.setattr(state, "_write_sequence", no_room_yet)
    run(arrived)
    assert sorted(arrived.values()) == [1] * PEOPLE


def test_a_sender_leaves_nothing_beside_its_mark(arrived: Counter[str], settings: Any) -> None:
    run(arrived)
    assert [file.name for file in settings.MAIL_STATE_DIR.iterdir()] == ["mark"]


def test_the_command_says_that_mail_is_locked_and_unlocks(arrived: Counter[str], settings: Any) -> None:
    backup = back_up()
    run(arrived, after=5)
    restore(backup)
    settings.MAIL_TRANSPORT = "demo"
    with pytest.raises(CommandError, match="send_mailings --unlock"):
        call_command("send_mailings", "--once")
    call_command("send_mailings", "--unlock")
    call_command("send_mailings", "--once")
    assert len(list((settings.MAIL_STATE_DIR / "outbox").iterdir())) == PEOPLE


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("digest.mailing.sender.MAINTENANCE_SECONDS", 0.05)
    yield
