"""Processes one message to the bounce mailbox."""

import hashlib
from collections.abc import Sequence

from digest.mailing.bounces import reports
from digest.mailing.bounces.events import Event, RecordResult, record_event
from digest.mailing.models import Delivery


def receive(raw: bytes, recipients: Sequence[str] = ()) -> str:
    """Record the event that a message reports, if any; returns a line for the log, without addresses.

    `recipients` are those of the envelope. The same message received again is the same event.
    """
    report = reports.read(raw, recipients)
    if report is None:
        return "ignored: no report on a mail of ours"
    delivery = Delivery.objects.select_related("subscriber").filter(pk=report.delivery_id).first()
    found = report.finding_for(delivery.subscriber.address) if delivery else None
    if found is None or found.kind is None:
        return f"ignored: nothing final about delivery {report.delivery_id}"
    mark = reports.message_id(raw).encode("utf-8", "replace") or raw
    name = f"report:{report.delivery_id}:{hashlib.sha256(mark).hexdigest()[:32]}"
    taken = record_event(Event(name, report.delivery_id, found.kind, found.status, found.detail))
    said = f"delivery {report.delivery_id}: {found.kind.value} {found.status}".rstrip()
    return said if taken is RecordResult.NEW else f"{said} ({taken.value})"
