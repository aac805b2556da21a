"""After a restore from a backup: record as sent what the mail server's log shows it accepted."""

import enum
from collections import Counter
from collections.abc import Sequence

from django.db import transaction

from digest.mailing.models import Delivery
from digest.mailing.outbox import sql
from digest.mailing.server_log import LoggedDelivery

_State = Delivery.State
# States from which an email may still be sent, by itself or by an operator's "send again".
_UNSENT = (*Delivery.OPEN, _State.UNCERTAIN, _State.EXPIRED)


class MarkResult(enum.Enum):
    MARKED = "marked as sent now"
    ALREADY_SENT = "recorded as sent before"
    CLOSED = "failed or suppressed in the database"
    RETURNED = "returned to the sender by the mail server"
    OTHER_RECIPIENT = "the database has another recipient under this number"
    UNKNOWN = "not in the database"


def mark_sent(logged: Sequence[LoggedDelivery]) -> Counter[MarkResult]:
    """Record these deliveries as sent, in one transaction; returns how many were marked and why others were not.

    It works while mail is locked. If a sender holds one of them, it finds the row changed, as after a cancellation.

    After a restore the database gives the numbers of lost deliveries to new ones. So a delivery is marked only if the
    log shows its recipient's address.
    """
    with transaction.atomic():
        rows = {row[0]: row[1:] for row in _lock_rows([each.delivery_id for each in logged])}
        results = {each.delivery_id: _result(each, rows.get(each.delivery_id)) for each in logged}
        marked = [each for each in logged if results[each.delivery_id] is MarkResult.MARKED]
        for status in {each.status for each in marked}:
            _update([each.delivery_id for each in marked if each.status == status], status)
    return Counter(results.values())


def _lock_rows(ids: list[int]) -> list[tuple[int, str, str, str]]:
    rows = Delivery.objects.filter(pk__in=ids).select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(rows.values_list("pk", "state", "subscriber__address", "subscriber__new_address"))


def _result(logged: LoggedDelivery, row: tuple[str, str, str] | None) -> MarkResult:
    if row is None:
        return MarkResult.UNKNOWN
    state, *addresses = row
    if not logged.recipients & {address.lower() for address in addresses if address}:
        return MarkResult.OTHER_RECIPIENT
    if state == _State.SENT:
        return MarkResult.ALREADY_SENT
    if logged.is_returned:
        return MarkResult.RETURNED
    return MarkResult.MARKED if state in _UNSENT else MarkResult.CLOSED


def _update(ids: list[int], status: str) -> None:
    Delivery.objects.filter(pk__in=ids).update(
        state=_State.SENT,
        owner="",
        lease_until=None,
        reason="",
        reply=f"status={status}",  # the log's own words
        changed_at=sql.clock(),
    )
