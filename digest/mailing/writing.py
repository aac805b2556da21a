"""Each person's own letter from a frozen edition: a few bytes spliced in, nothing encoded anew."""

from collections import OrderedDict

from digest.mailing import composing, dkim
from digest.mailing.identity import message_id
from digest.mailing.models import Edition
from digest.mailing.outbox import Claimed
from digest.mailing.wire import Pieces
from digest.subscriptions import tokens

KEPT = 16  # editions in memory: some hundred kilobytes each


class Desk:
    """Writes letters; keeps the editions used last."""

    def __init__(self) -> None:
        self._editions: OrderedDict[int, Pieces] = OrderedDict()

    def write(self, claimed: Claimed) -> list[bytes]:
        """The message for one delivery, in chunks: CRLF, dot-stuffed, signed where a key is set."""
        pieces = self._pieces(claimed)
        made = {
            "to": lambda: claimed.address,
            "message_id": lambda: message_id(claimed.id, claimed.mailing_id),
            "unsubscribe": lambda: tokens.make(tokens.Purpose.UNSUBSCRIBE, claimed.subscriber),
            "preferences": lambda: tokens.make(tokens.Purpose.PREFERENCES, claimed.subscriber),
            "confirm": lambda: tokens.make(tokens.Purpose.CONFIRM, claimed.subscriber),
            "not_me": lambda: tokens.make(tokens.Purpose.NOT_ME, claimed.subscriber),
            "new_address": lambda: tokens.make(tokens.Purpose.NEW_ADDRESS, claimed.subscriber),
        }
        return dkim.signed(pieces.fill({name: made[name]().encode("ascii") for name in pieces.slots}))

    def _pieces(self, claimed: Claimed) -> Pieces:
        if claimed.edition_id is None:
            return composing.notice(claimed.notice_kind, claimed.subscriber).pieces
        pieces = self._editions.get(claimed.edition_id)
        if pieces is None:
            dumped = Edition.objects.values_list("pieces", flat=True).get(pk=claimed.edition_id)
            pieces = self._editions[claimed.edition_id] = Pieces.load(dumped)
            while len(self._editions) > KEPT:
                self._editions.popitem(last=False)
        self._editions.move_to_end(claimed.edition_id)
        return pieces
