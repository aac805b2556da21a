"""Providers' batch calls: one call for many readers of one edition, with their own few values as merge fields."""

from collections.abc import Sequence

from django.core.mail import EmailMultiAlternatives

from digest.mailing.mime_template import slot
from digest.mailing.results import OutgoingMessage

# How a merge field is written in a text: of the providers that fill fields in texts which they do not store, and take
# header fields for each recipient, both by way of anymail. The others get one call for each mail.
FIELDS = {"mailgun": "%recipient.{}%", "sparkpost": "{{{{{}}}}}"}
# What the provider would take for a field, or for a link of its own, in the frozen text.
_MARKS = {"mailgun": ("%recipient", "unsubscribe_url%", "unsubscribe_email%"), "sparkpost": ("{{",)}


def fits(mail: EmailMultiAlternatives, esp: str) -> bool:
    """Whether the provider would leave this mail's texts as they were frozen."""
    texts = [str(mail.subject), str(mail.body), *(str(content) for content, _kind in mail.alternatives)]
    return not any(mark in text for mark in _MARKS[esp] for text in texts)


def keep_braces(mail: EmailMultiAlternatives) -> None:
    """Write braces that SparkPost would fill, in single mails too, as its own words for them."""
    own = {"{{": "{{opening_double_curly()}}"}
    mail.subject = _replaced(str(mail.subject), own)
    mail.body = _replaced(str(mail.body), own)
    mail.alternatives = [(_replaced(str(content), own), kind) for content, kind in mail.alternatives]


def address_to_all(mail: EmailMultiAlternatives, messages: Sequence[OutgoingMessage], esp: str) -> None:
    """Make an edition's mail that still has its slots into one for all these messages, each with its own values."""
    values = {
        message.recipient: {name: value.decode() for name, value in message.values.items()} for message in messages
    }
    fields = {slot(name): FIELDS[esp].format(name) for name in messages[0].values}
    mail.body = _replaced(str(mail.body), fields)
    mail.alternatives = [(_replaced(str(content), fields), kind) for content, kind in mail.alternatives]
    own = {name: str(value) for name, value in mail.extra_headers.items() if any(mark in value for mark in fields)}
    mail.extra_headers = {name: value for name, value in mail.extra_headers.items() if name not in own}
    mail.to = list(values)
    # Anymail's own attributes.
    mail.merge_data = values  # type: ignore[attr-defined]
    mail.merge_headers = {to: _filled(own, of_one) for to, of_one in values.items()}  # type: ignore[attr-defined]
    mail.merge_metadata = {to: name_of(of_one["message_id"]) for to, of_one in values.items()}  # type: ignore[attr-defined]


def name_of(message_id: str) -> dict[str, str]:
    """What comes back with each event, see `webhooks`: whose mail it is, the Message-ID's signed left part."""
    return {"delivery": message_id.strip("<>").partition("@")[0]}


def _filled(fields: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    marks = {slot(name): value for name, value in values.items()}
    return {name: _replaced(text, marks) for name, text in fields.items()}


def _replaced(text: str, replacements: dict[str, str]) -> str:
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text
