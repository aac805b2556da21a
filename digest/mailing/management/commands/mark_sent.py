"""mark_sent: after a restore, record as sent what the mail server's log shows it accepted."""

import gzip
import io
import sys
import zlib
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from django.core.management.base import CommandError
from django.db import Error
from django.utils.translation import gettext as _

from digest.common.commands import LocalizedCommand
from digest.mailing.models import Delivery
from digest.mailing.outbox import marking
from digest.mailing.outbox.marking import MarkResult
from digest.mailing.server_log import ServerLog

BATCH = 500  # deliveries marked in one transaction
CHUNK = 2**16  # characters between two updates of the progress
GZIP_MAGIC = b"\x1f\x8b"


class Command(LocalizedCommand):
    help = (
        "Read the mail server's log (Postfix's format) and record as sent those deliveries that it accepted and that"
        " the restored database still lists as waiting. It may be run again, and while mail is locked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="log files, oldest first; .gz is read too, - is standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        log = ServerLog()
        for name in options["files"]:
            try:
                log.read(self._lines(name))
            except (OSError, EOFError, zlib.error) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise CommandError(
                    _("%(file)s cannot be read: %(reason)s") % {"file": name, "reason": reason}
                ) from error
        try:
            self._write(self._mark(log))
        except Error as error:
            raise CommandError(_("The database is unavailable. Try again later.")) from error

    def _lines(self, name: str) -> Iterator[str]:
        with ExitStack() as stack:
            file = sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
            size = 0 if name == "-" else Path(name).stat().st_size
            text = io.TextIOWrapper(_unpacked(file), encoding="utf-8", errors="replace")
            while lines := text.readlines(CHUNK):
                if size:
                    self._show_progress(_("reading %(file)s") % {"file": name}, file.tell(), size)
                yield from lines
        self._end_progress()

    def _mark(self, log: ServerLog) -> Counter[MarkResult]:
        found = log.deliveries
        results: Counter[MarkResult] = Counter()
        for start in range(0, len(found), BATCH):
            results += marking.mark_sent(found[start : start + BATCH])
            self._show_progress(_("marking deliveries"), min(start + BATCH, len(found)), len(found))
        self._end_progress()
        return results

    def _write(self, results: Counter[MarkResult]) -> None:
        if not results:
            self.stdout.write(
                _("The log has no email of this portal: no return path in it is signed with our SECRET_KEY.")
            )
            return
        for result, line in _summary().items():
            if results[result] or result in _ALWAYS_SHOWN:
                self.stdout.write(line % {"count": results[result]})
        self.stdout.write(_("Still waiting to be sent: %(count)d") % {"count": _waiting()})

    def _show_progress(self, what: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{what}: {100 * done // total} %\x1b[K")
            sys.stderr.flush()

    def _end_progress(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\n")


def _unpacked(file: BinaryIO) -> IO[bytes]:
    """The file's content, decompressed if it is gzip."""
    is_packed = cast("io.BufferedReader", file).peek(2)[:2] == GZIP_MAGIC
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if is_packed else file


_ALWAYS_SHOWN = {MarkResult.MARKED, MarkResult.ALREADY_SENT, MarkResult.UNKNOWN}


def _summary() -> dict[MarkResult, str]:
    return {
        MarkResult.MARKED: _("Marked as sent: %(count)d"),
        MarkResult.ALREADY_SENT: _("Already recorded as sent: %(count)d"),
        MarkResult.UNKNOWN: _("Not in this database: %(count)d"),
        MarkResult.OTHER_RECIPIENT: _("Another recipient in this database, not changed: %(count)d"),
        MarkResult.RETURNED: _("Returned by the mail server, not changed: %(count)d"),
        MarkResult.CLOSED: _("Failed or cancelled in this database, not changed: %(count)d"),
    }


def _waiting() -> int:
    return Delivery.objects.filter(state__in=Delivery.OPEN).count()
