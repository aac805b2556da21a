"""A mail server that accepts a number of emails and then asks senders to wait; it writes a log like Postfix's."""

from collections import Counter
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.deploy.files import free_port

START = "Dec  1 10:00:00 mx1 postfix"


class MailServer:
    def __init__(self, log: Path) -> None:
        self.accepted: Counter[str] = Counter()
        self.limit = 0  # how many it accepts in all
        self._log = log
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=False)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}?starttls=off"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if sum(self.accepted.values()) >= self.limit:
            return "421 4.3.2 try again later"
        (recipient,) = envelope.rcpt_tos
        self.accepted[recipient] += 1
        queue_id = f"4Xk{sum(self.accepted.values()):08d}"
        with self._log.open("a") as log:
            log.write(
                f"{START}/qmgr[812]: {queue_id}: from=<{envelope.mail_from}>, size=81034, nrcpt=1 (queue active)\n"
                f"{START}/smtp[990]: {queue_id}: to=<{recipient}>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/1/0,"
                f" dsn=2.0.0, status=sent (250 2.0.0 Ok)\n{START}/qmgr[812]: {queue_id}: removed\n"
            )
        return f"250 2.0.0 Ok: queued as {queue_id}"
