"""A database that is gone before it can say whether a fence was committed: those mails were never begun."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage
from digest.mailing.sender import Sender
from tests.factories import make_full_issue, make_subscriber

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


class Counting:
    batch = 1

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()

    def send(self, letter: OutgoingMessage) -> DeliveryResult:
        self.arrived[letter.recipient] += 1
        return DeliveryResult(DeliveryStatus.SENT, "250 taken")

    def abort(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def mailing(settings: Any, tmp_path: Path) -> Iterator[Mailing]:
    settings.MAIL_STATE_DIR = tmp_path
    for number in range(5):
        make_subscriber(f"reader{number}@farm.example")
    yield outbox.start(make_full_issue())


@pytest.fixture
def sender() -> Sender:
    return Sender(Counting, connections=2)


def lose_answer(monkeypatch: pytest.MonkeyPatch, then: Any = lambda: None) -> None:
    """The first commit with a fence comes about, and its answer is lost."""
    real = outbox.record_and_fence

    def commit_and_lose(owner: str, results: Any, wanted: Any) -> Any:
        real(owner, results, wanted)
        monkeypatch.setattr(outbox, "record_and_fence", real)
        then()
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(outbox, "record_and_fence", commit_and_lose)


def rows(mailing: Mailing) -> Counter[tuple[str, int]]:
    return Counter(Delivery.objects.filter(mailing=mailing).values_list("state", "attempts"))


def test_a_fence_in_doubt_is_taken_back_and_each_mail_goes_once(
    mailing: Mailing, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(monkeypatch)
    sender.run(once=True)
    assert rows(mailing) == {("sent", 1): 5}
    assert sum((carrier.transport.arrived for carrier in sender._workers), Counter()).total() == 5


def test_a_sender_that_ends_in_doubt_leaves_nothing_uncertain(
    mailing: Mailing, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(monkeypatch, then=sender.stop)
    sender.run()
    assert rows(mailing) == {("pending", 0): 5}
