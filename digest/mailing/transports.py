"""Which way mail leaves, by MAIL_TRANSPORT: an SMTP server, a provider's API, or this machine's folder (the demo)."""

import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from digest.mailing.identity import site_host
from digest.mailing.models import Delivery
from digest.mailing.outcomes import Fate, Letter, Outcome, Transport
from digest.mailing.smtp import Server, SmtpTransport

LONGEST_NAME = 200  # of the address in a file's name, which may have 255 letters in all


def open_transport() -> Transport:
    """A transport as the settings say; it connects when it is first used."""
    kind, _colon, esp = settings.MAIL_TRANSPORT.partition(":")
    if kind == "smtp":
        return SmtpTransport(Server.from_url(settings.SMTP_URL), site_host() or "localhost")
    if kind == "anymail":
        from digest.mailing.esp import EspTransport  # only where it is used: it brings an HTTP client

        return EspTransport(esp)
    return FolderTransport(settings.MAIL_STATE_DIR / "outbox")


class FolderTransport:
    """Keeps each mail as a file on this machine: for the demo, whose readers are made up."""

    batch = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: Letter) -> Outcome:
        to = letter.recipient.replace("/", "_")[:LONGEST_NAME]
        name = f"{time.time_ns()}-{to}.eml"
        aside = self._folder / f".{name}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(b"".join(letter.chunks))
            aside.replace(self._folder / name)
        except OSError as error:
            return Outcome(Fate.POSTPONED, str(error), is_fault=True)
        return Outcome(Fate.SENT, reason=Delivery.Reason.KEPT)

    def send_all(self, letters: Sequence[Letter]) -> list[Outcome]:
        return [self.send(letter) for letter in letters]

    def abort(self) -> None:
        return

    def close(self) -> None:
        return
