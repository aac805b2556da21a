"""Mails about subscriptions go ahead of newsletters, also of those that a sender has taken up already."""

import pytest

from digest.mailing import outbox, sender
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage
from digest.mailing.sender import Sender, SendStats
from digest.subscriptions.models import Notice
from tests.factories import make_full_issue, make_subscriber

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


class Taking:
    """A transport that takes everything and remembers the order."""

    batch = 1

    def __init__(self) -> None:
        self.order: list[str] = []

    def send(self, letter: OutgoingMessage) -> DeliveryResult:
        self.order.append(letter.recipient)
        return DeliveryResult(DeliveryStatus.SENT, "250 taken")

    def abort(self) -> None: ...

    def close(self) -> None: ...


def test_a_confirmation_that_is_asked_for_meanwhile_overtakes_the_rest_of_the_batch(monkeypatch) -> None:
    for number in range(6):
        make_subscriber(f"reader{number}@farm.example")
    outbox.start(make_full_issue())
    newcomer = make_subscriber("new@farm.example", state="pending")
    monkeypatch.setattr(sender, "MAINTENANCE_SECONDS", 0.0)
    transport = Taking()

    def watch(_tally: SendStats) -> None:
        if len(transport.order) == 2 and not Notice.objects.exists():
            Notice.objects.create(subscriber=newcomer, kind=Notice.Kind.CONFIRM)

    Sender(lambda: transport, connections=1, watch=watch).run(once=True)
    assert len(transport.order) == len(set(transport.order)) == 7
    assert transport.order.index("new@farm.example") <= 4
