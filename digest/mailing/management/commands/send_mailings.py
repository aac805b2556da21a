"""send_mailings: send what is due, for as long as it runs."""

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
from digest.mailing.results import DeliveryStatus
from digest.mailing.sender import Sender, SendStats
from digest.mailing.transports import open_transport

COUNT_SECONDS = 10  # between two counts of waiting emails: the sender pauses for them, and a million rows take a while


class Command(LocalizedCommand):
    help = "Send the emails that are due. Several may run at once on PostgreSQL; SIGTERM stops one within ten seconds."

    _waiting, _counted_at = 0, float("-inf")  # emails, and when they were counted

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument(
            "--connections", type=int, default=8, metavar="N", help="connections to the server (default 8)"
        )
        parser.add_argument("--rate", type=float, default=0, metavar="N", help="at most N emails per second")
        parser.add_argument("--unlock", action="store_true", help="unlock sending after a restore, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["connections"] <= 100 or options["rate"] < 0:
            raise CommandError(_("--connections must be between 1 and 100, and --rate must not be negative."))
        if options["unlock"]:
            outbox.unlock()
            self.stdout.write(_("Sending is enabled again."))
            return
        if settings.MAIL_TRANSPORT == "demo" and settings.HTTPS:
            raise CommandError(
                _("MAIL_TRANSPORT is “demo”: emails would be marked as sent without leaving this machine.")
            )
        sender = Sender(
            open_transport, connections=options["connections"], rate=options["rate"], watch=self._show_progress
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: sender.stop())
        sender.run(once=options["once"])
        self._print_summary(sender.stats)
        if outbox.is_locked():
            raise CommandError(
                _(
                    "Sending is locked because the database may be older than the emails already sent. Check, "
                    "then run: send_mailings --unlock"
                )
            )

    def _show_progress(self, stats: SendStats) -> None:
        if not sys.stderr.isatty():
            return
        if time.monotonic() >= self._counted_at + COUNT_SECONDS:
            self._waiting, self._counted_at = _waiting(), time.monotonic()
        minutes, seconds = divmod(int(self._waiting / stats.rate), 60) if stats.rate else (0, 0)
        rest = _(" · %(waiting)d to go, %(minutes)d:%(seconds)02d left") % {
            "waiting": self._waiting,
            "minutes": minutes,
            "seconds": seconds,
        }
        sys.stderr.write(f"\r{_as_line(stats)}{rest}\x1b[K")
        sys.stderr.flush()

    def _print_summary(self, stats: SendStats) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\n")
        self.stdout.write(_as_line(stats))


def _waiting() -> int:
    """How many emails are still to be sent; the states are those of a partial index."""
    states = [Delivery.State.PENDING, Delivery.State.DEFERRED]
    return Delivery.objects.filter(mailing__state=Mailing.State.SENDING, state__in=states).count()


def _as_line(stats: SendStats) -> str:
    statuses = stats.statuses
    return _(
        "%(sent)d sent, %(rate).0f per second, %(deferred)d deferred, %(failed)d failed, %(uncertain)d uncertain"
    ) % {
        "sent": statuses[DeliveryStatus.SENT],
        "rate": stats.rate,
        "deferred": statuses[DeliveryStatus.DEFERRED],
        "failed": statuses[DeliveryStatus.FAILED],
        "uncertain": statuses[DeliveryStatus.UNCERTAIN],
    }
