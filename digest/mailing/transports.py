"""Transports by MAIL_TRANSPORT: an SMTP server, a provider's API, or a local folder (the demo)."""

import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from digest.mailing.message_ids import site_host
from digest.mailing.models import Delivery
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage, Transport
from digest.mailing.smtp import SmtpServer, SmtpTransport

MAX_ADDRESS_LENGTH = 200  # in a file name, which may have 255 characters


def open_transport() -> Transport:
    """A transport as configured; it connects when it is first used."""
    kind, _colon, esp = settings.MAIL_TRANSPORT.partition(":")
    if kind == "smtp":
        return SmtpTransport(SmtpServer.from_url(settings.SMTP_URL), site_host() or "localhost")
    if kind == "anymail":
        from digest.mailing.esp import EspTransport  # loads an HTTP client, so only where it is used

        return EspTransport(esp)
    return FolderTransport(settings.MAIL_STATE_DIR / "outbox")


class FolderTransport:
    """Saves each message as a file: for the demo, whose subscribers are fictitious."""

    batch = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: OutgoingMessage) -> DeliveryResult:
        to = message.recipient.replace("/", "_")[:MAX_ADDRESS_LENGTH]
        name = f"{time.time_ns()}-{to}.eml"
        temporary = self._folder / f".{name}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(b"".join(message.chunks))
            temporary.replace(self._folder / name)
        except OSError as error:
            return DeliveryResult(DeliveryStatus.POSTPONED, str(error), is_fault=True)
        return DeliveryResult(DeliveryStatus.SENT, reason=Delivery.Reason.KEPT)

    def send_all(self, messages: Sequence[OutgoingMessage]) -> list[DeliveryResult]:
        return [self.send(message) for message in messages]

    def abort(self) -> None:
        return

    def close(self) -> None:
        return
