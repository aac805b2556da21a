"""receive_bounce: one message on the standard input, from the mail server's pipe."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import Error
from django.utils.translation import gettext as _

from digest.common.commands import LocalizedCommand
from digest.mailing import bounces

LARGEST = 2**20  # bytes that are looked at; a report stands at the beginning
EX_TEMPFAIL = 75  # sysexits.h: the mail server keeps the message and tries again


class Command(LocalizedCommand):
    help = "Take one bounce or complaint from the standard input. Exit status 75 asks the mail server to try again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--recipient", action="append", default=[], metavar="ADDRESS", help="whom it was for, by its envelope"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stream = sys.stdin.buffer
        raw = stream.read(LARGEST)
        while stream.read(LARGEST):
            pass  # what is too long is read and dropped: a pipe that closes early looks like a failure
        try:
            self.stdout.write(bounces.receive(raw, options["recipient"]))
        except Error as error:
            raise CommandError(_("The database cannot be used; try again later."), returncode=EX_TEMPFAIL) from error
