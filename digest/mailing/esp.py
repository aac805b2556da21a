"""Handing mails to a provider's HTTP API by django-anymail, knowing how far a call came.

An API call that breaks off before its first byte was written is safe to repeat, one that breaks off after it is not.
requests does not tell these apart, so its connections here note when they begin to write.

One call for each mail, or one for many where the provider has batch calls that send what was frozen (`esp_batch`). A
batch that breaks off is uncertain as a whole: MAIL_BATCH weighs speed against that.
"""

import contextlib
import email
import email.policy
import socket
from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from digest.mailing import esp_batch
from digest.mailing.models import Delivery
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage

# The provider writes these itself, from the mail's parts; our DKIM signature would not fit its message.
_ITS_OWN = frozenset(
    {"from", "to", "subject", "reply-to", "date", "mime-version", "content-type", "dkim-signature"}
    | {"content-transfer-encoding"}
)
# Answers about us, about the service or about how much we send: the recipient is not charged with them.
_FAULTS = frozenset({401, 402, 403, 404, 405, 407, 408, 425, 429})
# A gateway's: whether the service behind it took the mail, it does not know (RFC 9110, 15.6.3, 15.6.5; Cloudflare's).
_AMBIGUOUS = frozenset({502, 504, *range(520, 530)})


class EspTransport:
    """Calls one provider's API over a connection of its own, kept open between mails."""

    def __init__(self, esp: str) -> None:
        self.batch = settings.MAIL_BATCH if esp in esp_batch.FIELDS else 1
        self._esp = esp
        self._backend: Any = get_connection(f"anymail.backends.{esp}.EmailBackend")
        self._call = ApiCall()
        self._takes_metadata = True

    def send(self, message: OutgoingMessage) -> DeliveryResult:
        """Make one call. The result is what the answer said, or what its lack means."""
        try:
            return self._send(message)
        except AnymailUnsupportedFeature as error:
            if not self._takes_metadata:
                return DeliveryResult(DeliveryStatus.POSTPONED, _words(error), is_fault=True)
        # Some providers take none; its events are then known by the Message-ID, where the provider keeps ours.
        self._takes_metadata = False
        return self.send(message)

    def send_all(self, messages: Sequence[OutgoingMessage]) -> list[DeliveryResult]:
        """Make one call for all where that sends what was frozen, else one for each."""
        template = messages[0].template
        if len(messages) == 1 or self.batch == 1 or template is None:
            return [self.send(message) for message in messages]
        mail = as_django_mail(replace(messages[0], chunks=template.unfilled()), with_metadata=False)
        if not esp_batch.fits(mail, self._esp):
            return [self.send(message) for message in messages]
        esp_batch.address_to_all(mail, messages, self._esp)
        result = self._hand_over(mail)
        if result.status is DeliveryStatus.FAILED:
            # One odd address is reason enough for a provider to refuse the whole call; nobody's mail was taken.
            return [self.send(message) for message in messages]
        told = mail.anymail_status.recipients  # type: ignore[attr-defined]  # anymail's own attribute
        return [_of_status(told[message.recipient]) if message.recipient in told else result for message in messages]

    def abort(self) -> None:
        """Cut the connection, from another thread too: the present mail ends as far as its call came."""
        self._call.cut()

    def close(self) -> None:
        self._backend.close()

    def _send(self, message: OutgoingMessage) -> DeliveryResult:
        mail = as_django_mail(message, with_metadata=self._takes_metadata)
        if self._esp == "sparkpost":
            esp_batch.keep_braces(mail)
        return self._hand_over(mail)

    def _hand_over(self, mail: EmailMultiAlternatives) -> DeliveryResult:
        self._call.begin()
        try:
            if self._backend.open():
                self._watch(self._backend.session)
            self._backend.send_messages([mail])
        except (AnymailRecipientsRefused, AnymailInvalidAddress, AnymailSerializationError) as error:
            return DeliveryResult(DeliveryStatus.FAILED, _words(error))
        except AnymailAPIError as error:
            return self._judge(error)
        return _of_status(mail.anymail_status)  # type: ignore[attr-defined]  # anymail's own attribute

    def _judge(self, error: AnymailAPIError) -> DeliveryResult:
        code: int | None = error.status_code
        if code is None and isinstance(error, requests.RequestException) and not self._call.is_written:
            return DeliveryResult(
                DeliveryStatus.POSTPONED, _words(error), Delivery.Reason.NO_CONNECTION, is_fault=True
            )
        if code is None or 200 <= code < 300:
            # It broke off, or the answer makes no sense: the mail may have been taken.
            return DeliveryResult(DeliveryStatus.UNCERTAIN, _words(error), is_lost=True)
        if code in _AMBIGUOUS:
            return DeliveryResult(DeliveryStatus.UNCERTAIN, _words(error), is_fault=True)
        if code in _FAULTS or code >= 500 or code < 400:
            return DeliveryResult(DeliveryStatus.POSTPONED, _words(error), is_fault=True)
        return DeliveryResult(DeliveryStatus.FAILED, _words(error))

    def _watch(self, session: requests.Session) -> None:
        for scheme in ("https://", "http://"):
            session.mount(scheme, _WatchedAdapter(self._call))


def as_django_mail(message: OutgoingMessage, *, with_metadata: bool = True) -> EmailMultiAlternatives:
    """The finished message taken apart, as anymail wants it: texts, header fields, and whose mail it is."""
    raw = b"".join(message.chunks).replace(b"\r\n..", b"\r\n.")  # as it was before SMTP's dots
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    kept = {name: _plain(value) for name, value in parsed.items() if name.lower() not in _ITS_OWN}
    mail = EmailMultiAlternatives(
        subject=_plain(parsed["Subject"]),
        body=_text(parsed, "plain"),
        from_email=_plain(parsed["From"]),
        to=[message.recipient],
        headers=kept,
        reply_to=[_plain(parsed["Reply-To"])] if parsed["Reply-To"] else None,
    )
    mail.attach_alternative(_text(parsed, "html"), "text/html")
    if with_metadata:
        mail.metadata = esp_batch.name_of(_plain(parsed["Message-ID"]))  # type: ignore[attr-defined]  # anymail's own attribute
    return mail


def _of_status(status: Any) -> DeliveryResult:
    """What the provider says of a mail, or of one recipient of many."""
    found = status.status
    said = ", ".join(sorted([found] if isinstance(found, str) else found or ["unknown"]))
    fate = {
        "failed": DeliveryStatus.FAILED,
        "rejected": DeliveryStatus.FAILED,
        "invalid": DeliveryStatus.FAILED,
        "unknown": DeliveryStatus.UNCERTAIN,
    }
    return DeliveryResult(fate.get(said, DeliveryStatus.SENT), f"{said} {status.message_id or ''}".strip())


def _text(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _words(error: Exception) -> str:
    """An error on one line; anymail's own text may hold the API's answer, never our key."""
    return " ".join(str(error).split())[:500] or type(error).__name__


class ApiCall:
    """How far the present API call came."""

    def __init__(self) -> None:
        self.is_written = False  # whether a byte of it may have left
        self._connection: HTTPConnection | None = None

    def begin(self) -> None:
        self.is_written = False

    def write(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self.is_written = True

    def cut(self) -> None:
        sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class _WatchedAdapter(HTTPAdapter):
    """An adapter whose connections tell a `ApiCall` before they write; through a proxy as well."""

    def __init__(self, call: ApiCall) -> None:
        self._pools = _watched_pools(call)
        super().__init__(max_retries=0)  # a call is never made twice by itself

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _watched_pools(call: ApiCall) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()  # what fails here has sent nothing
            call.write(self)
            super().send(data)

    class Encrypted(HTTPSConnection):
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            call.write(self)
            super().send(data)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}
