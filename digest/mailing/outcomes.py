"""What can come of handing one mail over, whatever the transport."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from digest.mailing.wire import Pieces, Values


class Fate(enum.Enum):
    """What a transport learned of one mail."""

    SENT = "sent"
    DEFERRED = "deferred"  # this recipient, for now: try again later
    FAILED = "failed"  # this recipient, for good
    UNCERTAIN = "uncertain"  # it may have been accepted: never tried again by itself
    POSTPONED = "postponed"  # the fault is the server's or ours: the recipient is not charged with it


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one mail, and what explains it: what the server or the system said, and what we say ourselves.

    `is_fault` says that the server as a whole refuses or is gone: the sender pauses, not the recipient. `is_lost`
    says that the connection broke: some in a row are a fault, too.
    """

    fate: Fate
    reply: str = ""
    reason: str = ""  # one of `Delivery.Reason`
    is_fault: bool = False
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail ready to go: envelope, and the message as it travels, dot-stuffed, without the final dot.

    `blank` and `values` are the same message once more: what many have in common, and what is this reader's own. Only
    a transport that takes many letters at once asks for them.
    """

    sender: str
    recipient: str
    chunks: list[bytes]
    blank: Pieces | None = None
    values: Values = field(default_factory=dict)


class Transport(Protocol):
    """Hands letters over on a connection of its own. Neither `send` raises for the network's sake."""

    batch: int  # how many letters of one edition it takes at once

    def send(self, letter: Letter) -> Outcome: ...

    def send_all(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Hand over up to `batch` letters with the same `blank`: the outcome of each, in their order."""

    def abort(self) -> None:
        """Break off what is under way, from another thread."""

    def close(self) -> None: ...
