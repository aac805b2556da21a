"""receive_bounce: process one message from standard input, as the mail server pipes it in."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import Error
from django.utils.translation import gettext as _

from digest.common.commands import LocalizedCommand
from digest.mailing import bounces

MAX_BYTES = 2**20  # that are read; a report is at the beginning of a message
EX_TEMPFAIL = 75  # sysexits.h: the mail server keeps the message and tries again


class Command(LocalizedCommand):
    help = "Process a bounce or complaint from standard input. Exit status 75 asks the mail server to try again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--recipient", action="append", default=[], metavar="ADDRESS", help="recipient in the envelope"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stream = sys.stdin.buffer
        raw = stream.read(MAX_BYTES)
        while stream.read(MAX_BYTES):
            pass  # read and discard the rest: a pipe closed early looks like a failure to the mail server
        try:
            self.stdout.write(bounces.receive(raw, options["recipient"]))
        except Error as error:
            raise CommandError(_("The database is unavailable. Try again later."), returncode=EX_TEMPFAIL) from error
