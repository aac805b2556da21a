"""Sends emails through a provider's HTTP API with django-anymail, and records how far each call got.

A call that fails before its first byte was written is safe to repeat; one that fails later is not. requests does not
distinguish them, so the connections here record when they begin to write.

There is one call for each email, or one for many if the provider has batch calls (`esp_batch`). A batch that fails is
uncertain as a whole; MAIL_BATCH limits its size.
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

# The provider creates these fields itself; our DKIM signature would not match its message.
_ITS_OWN = frozenset(
    {"from", "to", "subject", "reply-to", "date", "mime-version", "content-type", "dkim-signature"}
    | {"content-transfer-encoding"}
)
# Responses about our account, the service or rate limits: they do not count as an attempt.
_FAULTS = frozenset({401, 402, 403, 404, 405, 407, 408, 425, 429})
# A gateway does not know whether the service behind it accepted the email (RFC 9110, 15.6.3, 15.6.5; Cloudflare).
_AMBIGUOUS = frozenset({502, 504, *range(520, 530)})


class EspTransport:
    """Calls a provider's API over a connection that is kept open between emails."""

    def __init__(self, esp: str) -> None:
        self.batch = settings.MAIL_BATCH if esp in esp_batch.FIELDS else 1
        self._esp = esp
        self._backend: Any = get_connection(f"anymail.backends.{esp}.EmailBackend")
        self._call = ApiCall()
        self._takes_metadata = True

    def send(self, message: OutgoingMessage) -> DeliveryResult:
        """Send one message. The result follows from the response, or from how far the call got without one."""
        try:
            return self._send(message)
        except AnymailUnsupportedFeature as error:
            if not self._takes_metadata:
                return DeliveryResult(DeliveryStatus.POSTPONED, _error_text(error), is_fault=True)
        # Some providers accept no metadata; events are then matched by Message-ID, if the provider keeps ours.
        self._takes_metadata = False
        return self.send(message)

    def send_all(self, messages: Sequence[OutgoingMessage]) -> list[DeliveryResult]:
        """Send all in one call if the provider sends frozen texts unchanged, otherwise one by one."""
        template = messages[0].template
        if len(messages) == 1 or self.batch == 1 or template is None:
            return [self.send(message) for message in messages]
        mail = as_django_mail(replace(messages[0], chunks=template.unfilled()), with_metadata=False)
        if not esp_batch.can_batch(mail, self._esp):
            return [self.send(message) for message in messages]
        esp_batch.address_to_recipients(mail, messages, self._esp)
        result = self._call_api(mail)
        if result.status is DeliveryStatus.FAILED:
            # A provider may refuse the whole call because of one address; no email was accepted.
            return [self.send(message) for message in messages]
        statuses = mail.anymail_status.recipients  # type: ignore[attr-defined]  # anymail's own attribute
        return [
            _result_of_status(statuses[message.recipient]) if message.recipient in statuses else result
            for message in messages
        ]

    def abort(self) -> None:
        """Close the connection, also from another thread; the result follows from how far the call got."""
        self._call.cut()

    def close(self) -> None:
        self._backend.close()

    def _send(self, message: OutgoingMessage) -> DeliveryResult:
        mail = as_django_mail(message, with_metadata=self._takes_metadata)
        if self._esp == "sparkpost":
            esp_batch.escape_braces(mail)
        return self._call_api(mail)

    def _call_api(self, mail: EmailMultiAlternatives) -> DeliveryResult:
        self._call.begin()
        try:
            if self._backend.open():
                self._watch(self._backend.session)
            self._backend.send_messages([mail])
        except (AnymailRecipientsRefused, AnymailInvalidAddress, AnymailSerializationError) as error:
            return DeliveryResult(DeliveryStatus.FAILED, _error_text(error))
        except AnymailAPIError as error:
            return self._result_of_error(error)
        return _result_of_status(mail.anymail_status)  # type: ignore[attr-defined]  # anymail's own attribute

    def _result_of_error(self, error: AnymailAPIError) -> DeliveryResult:
        code: int | None = error.status_code
        if code is None and isinstance(error, requests.RequestException) and not self._call.is_written:
            return DeliveryResult(
                DeliveryStatus.POSTPONED, _error_text(error), Delivery.Reason.NO_CONNECTION, is_fault=True
            )
        if code is None or 200 <= code < 300:
            # The connection failed or the response is invalid: the email may have been accepted.
            return DeliveryResult(DeliveryStatus.UNCERTAIN, _error_text(error), is_lost=True)
        if code in _AMBIGUOUS:
            return DeliveryResult(DeliveryStatus.UNCERTAIN, _error_text(error), is_fault=True)
        if code in _FAULTS or code >= 500 or code < 400:
            return DeliveryResult(DeliveryStatus.POSTPONED, _error_text(error), is_fault=True)
        return DeliveryResult(DeliveryStatus.FAILED, _error_text(error))

    def _watch(self, session: requests.Session) -> None:
        for scheme in ("https://", "http://"):
            session.mount(scheme, _WatchedAdapter(self._call))


def as_django_mail(message: OutgoingMessage, *, with_metadata: bool = True) -> EmailMultiAlternatives:
    """The message as anymail needs it: texts, header fields and metadata."""
    raw = b"".join(message.chunks).replace(b"\r\n..", b"\r\n.")  # without dot-stuffing
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
        mail.metadata = esp_batch.event_metadata(_plain(parsed["Message-ID"]))  # type: ignore[attr-defined]  # anymail's own attribute
    return mail


def _result_of_status(status: Any) -> DeliveryResult:
    """The result for a status that the provider reports for a recipient."""
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


def _error_text(error: Exception) -> str:
    """The error on one line. anymail's text may contain the response, never the API key."""
    return " ".join(str(error).split())[:500] or type(error).__name__


class ApiCall:
    """How far the current API call got."""

    def __init__(self) -> None:
        self.is_written = False  # whether a byte may have been written
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
    """An adapter whose connections, also those to a proxy, notify an `ApiCall` before they write."""

    def __init__(self, call: ApiCall) -> None:
        self._pools = _watched_pools(call)
        super().__init__(max_retries=0)  # calls are never repeated automatically

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
                self.connect()  # nothing was sent if this fails
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
