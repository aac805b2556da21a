"""Reading delivery status notifications (RFC 3464, 6533) and feedback reports (RFC 5965).

Only the fields of a report are read. Out-of-office replies, challenges, bounces without a report and other messages
are ignored.
"""

import email
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message

from digest.mailing.bounces import statuses
from digest.mailing.bounces.statuses import Kind
from digest.mailing.message_ids import delivery_id_from

# Fields in which servers keep the envelope recipient: the return path of the email that bounced.
_RECIPIENT_FIELDS = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_RETURNED = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
# Feedback types that are complaints; `not-spam`, `auth-failure` (RFC 6591) and others are not.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_SEPARATORS = re.compile(r"[\s<>,;:\"()]+")
_LONGEST_ADDRESS = 320  # characters: 64 before the @ and 255 behind it
_LONGEST_FIELD = 10_000  # characters of a field that are read
_DEEPEST = 5  # levels of nested parts that are searched


@dataclass(frozen=True)
class Finding:
    """What a report says about one recipient; `kind` is None if it is not a final failure, such as a delay."""

    kind: Kind | None
    recipients: frozenset[str]  # final and original, in lower case
    status: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """The delivery that a message reports on, and its findings."""

    delivery_id: int
    findings: tuple[Finding, ...]

    def finding_for(self, address: str) -> Finding | None:
        """The finding that counts for the subscriber's address; None if nothing final follows.

        An alias may have several mailboxes. If one of them received the email, it did not bounce; otherwise the
        mildest finding counts. Findings that name the address precede those for mailboxes that it was forwarded to.
        """
        own = [found for found in self.findings if address.lower() in found.recipients]
        findings = own or list(self.findings)
        if any(found.kind is None for found in findings) or not findings:
            return None
        delivered = [found for found in findings if found.kind is Kind.DELIVERED]
        return min(delivered or findings, key=lambda found: _MILDEST_FIRST.index(found.kind or Kind.DELIVERED))


_MILDEST_FIRST = (Kind.DELIVERED, Kind.POLICY, Kind.SOFT, Kind.HARD, Kind.COMPLAINT)


def read(raw: bytes, recipients: Sequence[str] = ()) -> Report | None:
    """Parse a message as a report, with `recipients` of its envelope; None if it is not one. Accepts any bytes."""
    try:
        message = email.message_from_bytes(raw)
        parts = list(_parts(message))
        findings = tuple(_findings(parts))
        delivery_id = _delivery(message, parts, recipients) if findings else None
    except RecursionError:
        return None  # too deeply nested to be a report
    return Report(delivery_id, findings) if delivery_id is not None else None


def message_id(raw: bytes) -> str:
    """The Message-ID of a message, or an empty string."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    return _field(email.message_from_bytes(head), "Message-ID")


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts of a message, without those of attached messages."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        if depth < _DEEPEST:
            for part in message.get_payload():
                if isinstance(part, Message):
                    yield from _parts(part, depth + 1)
    else:
        yield message


def _findings(parts: Iterable[Message]) -> Iterator[Finding]:
    for part in parts:
        kind = part.get_content_type()
        if kind in _STATUS_PARTS:
            for block in _blocks(part)[1:]:  # the first block is about the message
                yield _finding(block)
            return
        if kind == "message/feedback-report":
            report = _blocks(part)[0]
            if _field(report, "Feedback-Type").lower() in _COMPLAINTS:
                yield Finding(Kind.COMPLAINT, frozenset(), detail=_field(report, "Feedback-Type").lower())
            return


def _finding(block: Message) -> Finding:
    action = _field(block, "Action").lower().partition(" ")[0]
    status = statuses.status_of(_field(block, "Status"))
    reply = _field(block, "Diagnostic-Code")
    code = statuses.more_exact(status, reply)
    kind = None
    if action == "delivered":
        kind = Kind.DELIVERED
    elif action == "failed" or (not action and code.startswith("5")):
        kind = statuses.kind_of(code)
    named = [_field(block, name).partition(";")[2] for name in ("Original-Recipient", "Final-Recipient")]
    addresses = frozenset(address.lower() for name in named for address in _addresses(name))
    return Finding(kind, addresses, code, reply)


def _blocks(part: Message) -> list[Message]:
    """The blocks of fields in a report's part; at least one."""
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_type() == "message/delivery-status":
        blocks = [block for block in payload if isinstance(block, Message)]
    else:
        inner = payload[0] if isinstance(payload, list) and payload else payload
        text = _as_text(inner) if isinstance(inner, Message) else str(inner)
        blocks = [email.message_from_string(block) for block in re.split(r"\r?\n[ \t]*\r?\n", text.strip())]
    blocks = [block for block in blocks if block.keys()]
    return blocks or [Message()]


def _as_text(message: Message) -> str:
    """The source text of a part that the parser split into fields and a body."""
    fields = "\n".join(f"{name}: {value}" for name, value in message.items())
    body = message.get_payload()
    return f"{fields}\n\n{body if isinstance(body, str) else ''}"


def _delivery(message: Message, parts: Iterable[Message], recipients: Sequence[str]) -> int | None:
    """The id of the delivery, from the return path that the report was sent to, or from the returned headers."""
    for text in (*recipients, *(value for name in _RECIPIENT_FIELDS for value in _values(message, name))):
        for address in _addresses(text):
            if (found := delivery_id_from(address)) is not None:
                return found
    for part in parts:
        for text in _reported_addresses(part):
            for name in _addresses(text):
                if (found := delivery_id_from(name)) is not None:
                    return found
    return None


def _reported_addresses(part: Message) -> Iterator[str]:
    kind = part.get_content_type()
    if kind == "message/feedback-report":
        report = _blocks(part)[0]
        yield from (_field(report, name) for name in ("Original-Mail-From", "Original-Envelope-Id"))
    elif kind in _RETURNED:
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            returned = payload[0]
        else:
            returned = email.message_from_string(_text(part).lstrip())
        yield from (_field(returned, name) for name in ("Message-ID", "Return-Path"))


def _addresses(text: str) -> Iterator[str]:
    """The words that contain an @.

    A regular expression with the @ in it would take time quadratic in the length of a word.
    """
    for word in _SEPARATORS.split(text[:_LONGEST_FIELD]):
        if len(word) <= _LONGEST_ADDRESS and "@" in word[1:-1]:
            yield word


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _values(message: Message, name: str) -> list[str]:
    return [str(value)[:_LONGEST_FIELD] for value in message.get_all(name, [])[:20]]


def _field(message: Message, name: str) -> str:
    """The beginning of a field's value on one line, without control characters."""
    value = str(message.get(name, ""))[:_LONGEST_FIELD]
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", value).strip()
