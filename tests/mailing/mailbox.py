"""Mails that were sent, for what comes back of them."""

import datetime as dt

from django.utils import timezone

from digest.mailing import outbox
from digest.mailing.message_ids import envelope_sender, message_id
from digest.mailing.models import Delivery, Mailing
from digest.subscriptions.models import Subscriber
from tests.factories import make_issue, make_subscriber
from tests.mailing.bounce_styles import Returned


def make_mailing(number: int = 1) -> Mailing:
    soon = timezone.now() + dt.timedelta(days=1)
    return Mailing.objects.create(kind="issue", issue=make_issue(str(number)), expires_at=soon)


def make_delivery(mailing: Mailing | None, subscriber: Subscriber, state: str = "sent", **fields: object) -> Delivery:
    now = timezone.now()
    if state in ("claimed", "in-data"):
        fields = {"owner": "o", "lease_until": now + dt.timedelta(hours=1), **fields}
    return Delivery.objects.create(
        **{"mailing": mailing, "subscriber": subscriber, "state": state, "due_at": now, "changed_at": now, **fields}
    )


def make_deliveries(number: int, state: str = "sent") -> list[Delivery]:
    """One mailing that went to that many subscribers."""
    mailing = make_mailing()
    people = [make_subscriber(f"u{n}@farm.example") for n in range(number)]
    return [make_delivery(mailing, person, state) for person in people]


def returned(delivery: Delivery) -> Returned:
    mail_id = message_id(delivery.pk, delivery.mailing_id)
    return Returned(delivery.subscriber.address, mail_id, envelope_sender(delivery.pk))


def held(row: Delivery) -> outbox.Claimed:
    """What a sender knows of a delivery that it holds."""
    reader = row.subscriber
    return outbox.Claimed(row.pk, row.mailing_id, None, "", 0, reader.pk, reader.address, reader.secret)
