"""One message that came to the bounce mailbox: read, judged, kept."""

import hashlib
from collections.abc import Sequence

from digest.mailing.bounces import reports
from digest.mailing.bounces.events import Event, RecordResult, take
from digest.mailing.models import Delivery


def receive(raw: bytes, recipients: Sequence[str] = ()) -> str:
    """Take the event that a message reports, if it does; returns a line on what was done, without any address.

    `recipients` are those of its envelope, as the mail server says them. The same message brought again, by whatever
    way, is the same event.
    """
    report = reports.read(raw, recipients)
    if report is None:
        return "ignored: no report on a mail of ours"
    delivery = Delivery.objects.select_related("subscriber").filter(pk=report.delivery_id).first()
    found = report.judged(delivery.subscriber.address) if delivery else None
    if found is None or found.kind is None:
        return f"ignored: nothing final about delivery {report.delivery_id}"
    mark = reports.message_id(raw).encode("utf-8", "replace") or raw
    name = f"report:{report.delivery_id}:{hashlib.sha256(mark).hexdigest()[:32]}"
    taken = take(Event(name, report.delivery_id, found.kind, found.status, found.detail))
    said = f"delivery {report.delivery_id}: {found.kind.value} {found.status}".rstrip()
    return said if taken is RecordResult.NEW else f"{said} ({taken.value})"
