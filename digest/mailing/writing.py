"""Each person's own letter from a frozen edition: a few bytes spliced in, nothing encoded anew."""

from collections import OrderedDict

from digest.mailing import composing, dkim
from digest.mailing.identity import message_id
from digest.mailing.models import Edition
from digest.mailing.outbox import Claimed
from digest.mailing.wire import Pieces, Values
from digest.subscriptions import tokens
from digest.subscriptions.models import Subscriber
from digest.subscriptions.tokens import Purpose

KEPT = 16  # editions in memory: some hundred kilobytes each


class Desk:
    """Writes letters; keeps the editions used last."""

    def __init__(self) -> None:
        self._editions: OrderedDict[int, Pieces] = OrderedDict()

    def write(self, claimed: Claimed) -> list[bytes]:
        """The message for one delivery, in chunks: CRLF, dot-stuffed, signed where a key is set."""
        if claimed.edition_id is None:
            return dkim.signed(_notice(claimed))
        return dkim.signed(self.blank(claimed.edition_id).fill(self.values(claimed)))

    def values(self, claimed: Claimed) -> Values:
        """What is one reader's own in a mailing's letter."""
        values = {
            "to": claimed.address,
            "message_id": message_id(claimed.id, claimed.mailing_id),
            "unsubscribe": tokens.make_permanent(Purpose.UNSUBSCRIBE, claimed.subscriber_id, claimed.secret),
            "preferences": tokens.make_permanent(Purpose.PREFERENCES, claimed.subscriber_id, claimed.secret),
        }
        return {name: value.encode("ascii") for name, value in values.items()}

    def blank(self, edition_id: int) -> Pieces:
        """An edition as it was frozen, with its slots."""
        pieces = self._editions.get(edition_id)
        if pieces is None:
            dumped = Edition.objects.values_list("pieces", flat=True).get(pk=edition_id)
            pieces = self._editions[edition_id] = Pieces.load(dumped)
            while len(self._editions) > KEPT:
                self._editions.popitem(last=False)
        self._editions.move_to_end(edition_id)
        return pieces


def _notice(claimed: Claimed) -> list[bytes]:
    subscriber = Subscriber.objects.get(pk=claimed.subscriber_id)
    pieces = composing.notice(claimed.notice_kind, subscriber).pieces
    values = {"to": claimed.address, "message_id": message_id(claimed.id, None)}
    for purpose in Purpose:
        name = purpose.name.lower()
        if name in pieces.slots:
            values[name] = tokens.make(purpose, subscriber)
    return pieces.fill({name: value.encode("ascii") for name, value in values.items()})
