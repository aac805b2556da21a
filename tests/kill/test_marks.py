"""The lock after a restore is not for senders that merely start while another one works."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from digest.mailing import outbox
from digest.mailing.models import Delivery, OutboxState
from digest.mailing.outbox import state
from tests.factories import make_full_issue, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture(autouse=True)
def state_folder(settings: Any, tmp_path: Path) -> None:
    settings.MAIL_STATE_DIR = tmp_path


def another_claims() -> None:
    with transaction.atomic():
        sequence = state.advance_sequence()
    assert sequence is not None
    state.save_sequence(sequence)


def test_a_claim_between_our_two_looks_locks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state.check_restore()
    look = OutboxState.objects.get_or_create

    def look_and_be_overtaken(**fields: Any) -> Any:
        row = look(**fields)
        another_claims()
        return row

    monkeypatch.setattr(OutboxState.objects, "get_or_create", look_and_be_overtaken)
    state.check_restore()
    assert not state.is_locked()


def test_two_senders_may_begin_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    look = state.read_sequence

    def look_before_the_other_begins() -> int | None:
        monkeypatch.setattr(state, "read_sequence", look)
        state.check_restore()
        another_claims()
        return None

    monkeypatch.setattr(state, "read_sequence", look_before_the_other_begins)
    state.check_restore()
    assert not state.is_locked()


def test_a_database_behind_its_file_is_locked() -> None:
    state.check_restore()
    another_claims()
    OutboxState.objects.update(sequence=0)
    state.check_restore()
    assert state.is_locked()


@pytest.mark.parametrize("is_first", [True, False])
def test_a_claim_about_the_look_at_the_mark_locks_nothing(monkeypatch: pytest.MonkeyPatch, is_first: bool) -> None:
    state.check_restore()
    make_subscriber("reader@farm.example")
    outbox.start(make_full_issue())
    other = outbox.InFlightFile("other")
    other.open()
    other.set(None)
    look = OutboxState.objects.get

    def look_at_the_mark(**fields: Any) -> Any:
        monkeypatch.undo()
        if is_first:
            outbox.claim("other", 1)
        found = look(**fields)
        if not is_first:
            outbox.claim("other", 1)
        return found

    monkeypatch.setattr(OutboxState.objects, "get", look_at_the_mark)
    state.check_restore()
    assert not state.is_locked()
    assert Delivery.objects.filter(owner="other").exists()


def test_many_who_died_lately_cost_no_more_looks_than_one(django_assert_max_num_queries: Any) -> None:
    state.check_restore()
    for number in range(20):
        outbox.InFlightFile(f"dead-{number}").open()
    with django_assert_max_num_queries(5):
        state.check_restore()
