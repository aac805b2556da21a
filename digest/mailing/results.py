"""What all transports accept and report."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from digest.mailing.mime_template import MimeTemplate, Values


class DeliveryStatus(enum.Enum):
    """What a transport learned about one message."""

    SENT = "sent"
    DEFERRED = "deferred"  # a temporary failure of this recipient: try again later
    FAILED = "failed"  # a permanent failure of this recipient
    UNCERTAIN = "uncertain"  # it may have been accepted, so it is not tried again automatically
    POSTPONED = "postponed"  # a fault of the server or of ours: does not count as an attempt


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The status of one message, what the server or the system said, and our own reason.

    `is_fault`: the server as a whole refuses or cannot be reached, so the sender pauses. `is_lost`: the connection
    broke; several in a row count as a fault.
    """

    status: DeliveryStatus
    reply: str = ""
    reason: str = ""  # one of `Delivery.Reason`
    is_fault: bool = False
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message ready to send: envelope, and the content dot-stuffed, without the final dot.

    `template` and `values` are the same message as what is common to an edition and what is this recipient's own. Only
    transports that send several messages in one call use them.
    """

    sender: str
    recipient: str
    chunks: list[bytes]
    template: MimeTemplate | None = None
    values: Values = field(default_factory=dict)


class Transport(Protocol):
    """Sends messages over a connection of its own. No method raises because of the network."""

    batch: int  # the number of messages of one edition that it sends in one call

    def send(self, message: OutgoingMessage) -> DeliveryResult: ...

    def send_all(self, messages: Sequence[OutgoingMessage]) -> list[DeliveryResult]:
        """Send up to `batch` messages with the same `template`; returns a result for each, in the same order."""

    def abort(self) -> None:
        """Break off the current message, from another thread."""

    def close(self) -> None: ...
