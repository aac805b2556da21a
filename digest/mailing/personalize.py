"""Each recipient's own message, made from a frozen edition by filling in its slots; nothing is encoded again."""

from collections import OrderedDict

from digest.mailing import composing, dkim
from digest.mailing.message_ids import message_id
from digest.mailing.mime_template import MimeTemplate, Values
from digest.mailing.models import Edition
from digest.mailing.outbox import Claimed
from digest.subscriptions import tokens
from digest.subscriptions.models import Subscriber
from digest.subscriptions.tokens import Purpose

MAX_CACHED_EDITIONS = 16  # each takes some hundred kilobytes


class MessageBuilder:
    """Builds recipients' messages; keeps the editions used last in memory."""

    def __init__(self) -> None:
        self._editions: OrderedDict[int, MimeTemplate] = OrderedDict()

    def build(self, claimed: Claimed) -> list[bytes]:
        """The message of a delivery in chunks: CRLF, dot-stuffed, signed if a DKIM key is set."""
        if claimed.edition_id is None:
            return dkim.signed(_notice(claimed))
        return dkim.signed(self.template(claimed.edition_id).fill(self.values(claimed)))

    def values(self, claimed: Claimed) -> Values:
        """The values of the slots of a newsletter for one recipient."""
        values = {
            "to": claimed.address,
            "message_id": message_id(claimed.id, claimed.mailing_id),
            "unsubscribe": tokens.make_permanent(Purpose.UNSUBSCRIBE, claimed.subscriber_id, claimed.secret),
            "preferences": tokens.make_permanent(Purpose.PREFERENCES, claimed.subscriber_id, claimed.secret),
        }
        return {name: value.encode("ascii") for name, value in values.items()}

    def template(self, edition_id: int) -> MimeTemplate:
        """An edition as it was frozen, with its slots."""
        template = self._editions.get(edition_id)
        if template is None:
            dumped = Edition.objects.values_list("mime_template", flat=True).get(pk=edition_id)
            template = self._editions[edition_id] = MimeTemplate.load(dumped)
            while len(self._editions) > MAX_CACHED_EDITIONS:
                self._editions.popitem(last=False)
        self._editions.move_to_end(edition_id)
        return template


def _notice(claimed: Claimed) -> list[bytes]:
    subscriber = Subscriber.objects.get(pk=claimed.subscriber_id)
    template = composing.notice(claimed.notice_kind, subscriber).mime_template
    values = {"to": claimed.address, "message_id": message_id(claimed.id, None)}
    for purpose in Purpose:
        name = purpose.name.lower()
        if name in template.slots:
            values[name] = tokens.make(purpose, subscriber)
    return template.fill({name: value.encode("ascii") for name, value in values.items()})
