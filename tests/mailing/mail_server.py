"""A real SMTP server (aiosmtpd) that keeps what it receives, dots taken out again, as a mail server would."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from django.conf import settings

from tests.mailing.email_checker import checked


class Received(NamedTuple):
    sender: str
    recipient: str
    raw: bytes


class Mailbox:
    """What has arrived, each mail having passed the checker: one with a fault is refused, and told of."""

    def __init__(self) -> None:
        self.mails: list[Received] = []
        self.faults: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        try:
            checked(envelope.original_content, settings.SITE_URL)
        except AssertionError as error:
            self.faults.append(str(error))
            return "554 5.6.0 not by the rules"
        (recipient,) = envelope.rcpt_tos
        self.mails.append(Received(envelope.mail_from, recipient, envelope.original_content))
        return "250 2.0.0 taken"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, str]]:
    """The mailbox and the server's address for SMTP_URL."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port(), enable_SMTPUTF8=False)
    controller.start()
    try:
        yield mailbox, f"smtp://127.0.0.1:{controller.port}?starttls=off"
    finally:
        controller.stop()
    assert not mailbox.faults, mailbox.faults


def _free_port() -> int:
    with socket.socket() as probe:  # aiosmtpd cannot say which port it was given
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
