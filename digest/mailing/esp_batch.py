"""Batch calls of providers: one call for many recipients of an edition, with merge fields for personal values."""

from collections.abc import Sequence

from django.core.mail import EmailMultiAlternatives

from digest.mailing.mime_template import slot
from digest.mailing.results import OutgoingMessage

# The syntax of merge fields, for the providers that anymail supports with merge fields in unstored texts and header
# fields for each recipient. All other providers get one call for each email.
FIELDS = {"mailgun": "%recipient.{}%", "sparkpost": "{{{{{}}}}}"}
# What the provider would replace in the text: its own fields and link macros.
_MARKS = {"mailgun": ("%recipient", "unsubscribe_url%", "unsubscribe_email%"), "sparkpost": ("{{",)}


def can_batch(mail: EmailMultiAlternatives, esp: str) -> bool:
    """Whether the provider would send this email's texts unchanged."""
    texts = [str(mail.subject), str(mail.body), *(str(content) for content, _kind in mail.alternatives)]
    return not any(mark in text for mark in _MARKS[esp] for text in texts)


def escape_braces(mail: EmailMultiAlternatives) -> None:
    """Escape braces, which SparkPost replaces in single emails too."""
    own = {"{{": "{{opening_double_curly()}}"}
    mail.subject = _replaced(str(mail.subject), own)
    mail.body = _replaced(str(mail.body), own)
    mail.alternatives = [(_replaced(str(content), own), kind) for content, kind in mail.alternatives]


def address_to_recipients(mail: EmailMultiAlternatives, messages: Sequence[OutgoingMessage], esp: str) -> None:
    """Address an email with slots to the recipients of these messages, with their values as merge data."""
    values = {
        message.recipient: {name: value.decode() for name, value in message.values.items()} for message in messages
    }
    fields = {slot(name): FIELDS[esp].format(name) for name in messages[0].values}
    mail.body = _replaced(str(mail.body), fields)
    mail.alternatives = [(_replaced(str(content), fields), kind) for content, kind in mail.alternatives]
    own = {name: str(value) for name, value in mail.extra_headers.items() if any(mark in value for mark in fields)}
    mail.extra_headers = {name: value for name, value in mail.extra_headers.items() if name not in own}
    mail.to = list(values)
    # Attributes of anymail.
    mail.merge_data = values  # type: ignore[attr-defined]
    mail.merge_headers = {to: _filled(own, of_one) for to, of_one in values.items()}  # type: ignore[attr-defined]
    mail.merge_metadata = {to: event_metadata(of_one["message_id"]) for to, of_one in values.items()}  # type: ignore[attr-defined]


def event_metadata(message_id: str) -> dict[str, str]:
    """The metadata that comes back with each event (see `webhooks`): the signed left part of the Message-ID."""
    return {"delivery": message_id.strip("<>").partition("@")[0]}


def _filled(fields: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    marks = {slot(name): value for name, value in values.items()}
    return {name: _replaced(text, marks) for name, text in fields.items()}


def _replaced(text: str, replacements: dict[str, str]) -> str:
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text
