"""Mails made ready to send: an issue's or a month's for one language and choice, and the notices."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from digest.archive.models import Issue
from digest.common.languages import LANGUAGES
from digest.mailing import wire
from digest.mailing.header_fields import Refused
from digest.mailing.letters import addresses, choosing, headers, notices, texts
from digest.mailing.letters.issue import MEASURES, IssuePart
from digest.mailing.letters.newsletter import Newsletter
from digest.mailing.letters.source import Source, gather
from digest.mailing.letters.words import sides_of
from digest.mailing.wire import Pieces
from digest.subscriptions.models import Subscriber

# Of the HTML part as it travels, in bytes: Gmail cuts mails off at about 102 kB.
MOST_BYTES = 90_000
WARN_BYTES = 70_000


class NothingToSay(ValueError):
    """A choice that lets nothing of an issue through."""


@dataclass(frozen=True)
class Composed:
    """A mail for everybody who made the same choices; what is a person's own stands in slots."""

    subject: str
    text: str
    html: str
    pieces: Pieces
    html_bytes: int
    left_out: int = 0  # items that there was no room for: they are on the web only

    @property
    def is_heavy(self) -> bool:
        """Whether it comes near to what Gmail cuts off."""
        return self.html_bytes > WARN_BYTES


def effective_selection(issues: Source | Iterable[Issue], sections: str, topics: str) -> str | None:
    """The name of what a choice (as subscribers keep it) lets through, "" for all, None for nothing.

    Choices with the same name get the same mail. Give a `Source` where many choices are asked about.
    """
    return choosing.effective_selection(_source(issues), sections, topics)


def compose(
    issues: Source | Iterable[Issue], language: str, selection: str = "", date: dt.datetime | None = None
) -> Composed:
    """The mail of one issue or of several, as ample as fits in MOST_BYTES; the same each time it is made.

    `language` is one of ours or `bilingual`, `selection` a name from `effective_selection`, `date` the Date field's.
    Raises `NothingToSay`, and `Refused` if a text may not stand in a header field.
    """
    source = _source(issues)
    placements = choosing.of_selection(source, selection)
    if not placements:
        raise NothingToSay(selection)
    sides = sides_of(language)
    letter = Newsletter(source, sides, placements)
    fields = headers.newsletter(letter.subject, sides, date or timezone.now(), letter.campaign)
    html, parts = _fitting(letter)
    text, html = texts.harmless(letter.text(parts)), texts.harmless(html)
    _check_slots(text, html)
    left_out = sum(section.left_out for part in parts for section in part.sections)
    return Composed(letter.subject, text, html, wire.freeze(fields, text, html), wire.encoded_size(html), left_out)


def notice(kind: str, subscriber: Subscriber, date: dt.datetime | None = None) -> Composed:
    """A mail about the subscription itself (`Notice.Kind`): of the subscriber it takes the language, nothing else."""
    sides = sides_of(subscriber.language)
    letter = notices.write(kind, sides)
    fields = headers.notice(letter.subject, sides, date or timezone.now(), kind)
    pieces = wire.freeze(fields, letter.text, letter.html)
    return Composed(letter.subject, letter.text, letter.html, pieces, wire.encoded_size(letter.html))


def _fitting(letter: Newsletter) -> tuple[str, list[IssuePart]]:
    """HTML, and what it tells, at the amplest measure that fits: the first is tried at once, since it mostly does."""
    fits, low, high = None, 0, len(MEASURES)
    middle = 0
    while low < high:
        parts = letter.parts(MEASURES[middle])
        html = letter.html(parts)
        if wire.encoded_size(html) <= MOST_BYTES:
            fits, high = (html, parts), middle
        else:
            low = middle + 1
        middle = (low + high) // 2
    if fits is None:
        raise NothingToSay(_("its essay alone is too long for a mail"))
    return fits


def _check_slots(*parts: str) -> None:
    """Refuse a text of the archive that holds a slot: it would hand the reader's tokens to wherever it leads."""
    own = [addresses.unsubscribe(), *(addresses.preferences(code) for code in LANGUAGES)]
    for part in parts:
        if len(wire.MARK.findall(part)) != sum(part.count(address) for address in own):
            raise Refused(_("a text holds a mark (~…~) that only the mail itself may have"))


def _source(issues: Source | Iterable[Issue]) -> Source:
    return issues if isinstance(issues, Source) else gather(issues)
