"""send_mailings: hand over what is due, for as long as it runs."""

import signal
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from digest.common.commands import LocalizedCommand
from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing
from digest.mailing.outcomes import Fate
from digest.mailing.sender import Sender, Tally
from digest.mailing.transports import open_transport

COUNT_SECONDS = 10  # between two counts of what waits: the sender stands still for them, and a million take a while


class Command(LocalizedCommand):
    help = "Send the mails that are due. Several may run at once on PostgreSQL; SIGTERM ends one within ten seconds."

    _waiting, _counted_at = 0, float("-inf")  # mails, and when they were counted

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")
        parser.add_argument("--connections", type=int, default=8, metavar="N", help="to the server (default 8)")
        parser.add_argument("--rate", type=float, default=0, metavar="N", help="at most N mails a second")
        parser.add_argument("--unlock", action="store_true", help="let mail leave again after a restore, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["connections"] <= 100 or options["rate"] < 0:
            raise CommandError(_("Connections are 1 to 100, and a rate is a positive number."))
        if options["unlock"]:
            outbox.unlock()
            self.stdout.write(_("Mail may leave again."))
            return
        if settings.MAIL_TRANSPORT == "demo" and settings.HTTPS:
            raise CommandError(
                _("MAIL_TRANSPORT is “demo”: all mails would count as sent, and none would leave this machine.")
            )
        sender = Sender(
            open_transport, connections=options["connections"], rate=options["rate"], watch=self._show_progress
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: sender.stop())
        sender.run(once=options["once"])
        self._tell(sender.tally)
        if outbox.is_locked():
            raise CommandError(
                _("Mail is locked: the database may be older than what was sent. Look, then: send_mailings --unlock")
            )

    def _show_progress(self, tally: Tally) -> None:
        if not sys.stderr.isatty():
            return
        if time.monotonic() >= self._counted_at + COUNT_SECONDS:
            self._waiting, self._counted_at = _waiting(), time.monotonic()
        minutes, seconds = divmod(int(self._waiting / tally.rate), 60) if tally.rate else (0, 0)
        rest = _(" · %(waiting)d to go, %(minutes)d:%(seconds)02d left") % {
            "waiting": self._waiting,
            "minutes": minutes,
            "seconds": seconds,
        }
        sys.stderr.write(f"\r{_as_line(tally)}{rest}\x1b[K")
        sys.stderr.flush()

    def _tell(self, tally: Tally) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\n")
        self.stdout.write(_as_line(tally))


def _waiting() -> int:
    """How many mails are to go: both states, as their index has them."""
    states = [Delivery.State.PENDING, Delivery.State.DEFERRED]
    return Delivery.objects.filter(mailing__state=Mailing.State.SENDING, state__in=states).count()


def _as_line(tally: Tally) -> str:
    fates = tally.fates
    return _(
        "%(sent)d sent, %(rate).0f a second, %(deferred)d deferred, %(failed)d failed, %(uncertain)d uncertain"
    ) % {
        "sent": fates[Fate.SENT],
        "rate": tally.rate,
        "deferred": fates[Fate.DEFERRED],
        "failed": fates[Fate.FAILED],
        "uncertain": fates[Fate.UNCERTAIN],
    }
