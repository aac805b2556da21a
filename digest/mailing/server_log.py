"""Which of our emails a mail server accepted, read from its log (Postfix's format).

Postfix writes several lines about each email and repeats a queue ID in them. The line with `from=` shows the return
path, which has the delivery's number in it; later lines with `to=` show the recipient and what happened:

    postfix/qmgr[812]: 4Xk2: from=<bounces+1234.0f3a...@example.org>, size=81034, nrcpt=1 (queue active)
    postfix/smtp[990]: 4Xk2: to=<ana@farm.example>, relay=..., dsn=2.0.0, status=sent (250 2.0.0 Ok)
    postfix/qmgr[812]: 4Xk2: removed
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from digest.mailing.message_ids import delivery_id_from

_LINE = re.compile(r": (?P<queue_id>[0-9A-Za-z]{5,20}): (?P<rest>.*)")
# Only the queue manager's line: a refused message has `from=` in its line as well, but no size.
_FROM = re.compile(r"from=<(?P<sender>[^<>]*)>, (?:size=|status=expired)")
_TO = re.compile(r"(?:^|, )(?:orig_)?to=<(?P<recipient>[^<>]*)>")
_STATUS = re.compile(r"\bstatus=(?P<status>sent|deferred|bounced|expired)\b")
_RETURNED = {"bounced", "expired"}


@dataclass(slots=True)
class LoggedDelivery:
    """What the log says about one email; `status` is `queued` until the server has tried to pass it on."""

    delivery_id: int
    recipients: set[str] = field(default_factory=set)  # in lower case
    status: str = "queued"

    @property
    def is_returned(self) -> bool:
        """The server gave it up and returned it: it reached nobody."""
        return self.status in _RETURNED


class ServerLog:
    """Reads log lines in the order in which the server wrote them."""

    def __init__(self) -> None:
        self._found: dict[int, LoggedDelivery] = {}
        self._queued: dict[str, LoggedDelivery] = {}  # by queue ID; Postfix may use an ID again

    @property
    def deliveries(self) -> list[LoggedDelivery]:
        """All emails of this portal that the server accepted, in the order of their numbers."""
        return [self._found[number] for number in sorted(self._found)]

    def read(self, lines: Iterable[str]) -> None:
        for line in lines:
            if ("from=<" in line or "to=<" in line or "removed" in line) and (found := _LINE.search(line)):
                self._read_line(found["queue_id"], found["rest"])

    def _read_line(self, queue_id: str, rest: str) -> None:
        if sender := _FROM.match(rest):
            self._queued.pop(queue_id, None)
            if (delivery_id := delivery_id_from(sender["sender"])) is not None:
                self._queued[queue_id] = self._found.setdefault(delivery_id, LoggedDelivery(delivery_id))
        delivery = self._queued.get(queue_id)
        if delivery is None:
            return
        if rest.startswith("removed"):
            del self._queued[queue_id]
        if status := _STATUS.search(rest):
            delivery.status = status["status"]
            delivery.recipients |= {address.lower() for address in _TO.findall(rest)}
