"""`manage.py export_subscribers [FILE]`"""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from digest.common.commands import LocalizedCommand
from digest.subscriptions.csv_export import csv_lines
from digest.subscriptions.models import Subscriber


class Command(LocalizedCommand):
    help = "Write all subscribers with state, preferences and consent as CSV, to a file that only you can read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Subscriber.objects.all()
        path = options["file"]
        if path is None:
            for line in csv_lines(rows):
                self.stdout.write(line, ending="")
            return
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(number, "w", encoding="utf-8-sig", newline="") as out:
                count = sum(1 for line in csv_lines(rows) if out.write(line)) - 1  # without the header
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        self.stdout.write(_("Exported %(count)s subscribers to %(path)s.") % {"count": count, "path": path})
