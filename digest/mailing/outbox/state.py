"""Whether anything may be sent: the lock after a restore from a backup, and the pause after faults of the server."""

import datetime as dt
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext_noop

from digest.common.text import redact_emails
from digest.mailing.models import Delivery, Mailing, OutboxState
from digest.mailing.outbox import sql

logger = logging.getLogger(__name__)
MAX_PAUSE_SECONDS = 600  # seconds
# Why sending is locked; stored in English, shown in the operator's language.
UNKNOWN_MACHINE = gettext_noop("this machine has not sent from this database before")
RESTORED = gettext_noop("the database was put back to an earlier state")


def is_locked() -> bool:
    return OutboxState.objects.filter(pk=1, locked_at__isnull=False).exists()


def lock(reason: str) -> None:
    """Send nothing until an operator unlocks."""
    OutboxState.objects.get_or_create(pk=1)
    OutboxState.objects.filter(pk=1).update(locked_at=sql.clock(), lock_reason=reason[:200])
    logger.error("mail: locked, %s", reason)


def unlock() -> None:
    """Allow sending again, after an operator has checked what was sent since the backup.

    The sequence number is set beyond all that was sent, so that an older backup restored later is recognised too. The
    time that sending was locked does not count towards the expiry of mailings.
    """
    for file in _in_flight_files():
        file.unlink(missing_ok=True)
    with transaction.atomic():
        OutboxState.objects.get_or_create(pk=1)
        state = OutboxState.objects.select_for_update().get(pk=1)
        sequence = max(state.sequence, read_sequence() or 0) + 1
        OutboxState.objects.filter(pk=1).update(
            sequence=sequence, locked_at=None, lock_reason="", paused_until=None, pause_reason="", faults=0
        )
        expires_at = sql.clock() + dt.timedelta(hours=settings.MAIL_LIFE_HOURS)
        Mailing.objects.filter(state=Mailing.State.SENDING).update(expires_at=expires_at)
    _write_sequence(sequence)


def record_fault(reason: str) -> float:
    """The server refuses or cannot be reached: pause all sending, longer each time in a row. Returns the seconds."""
    reason = redact_emails(reason)[:500]
    with transaction.atomic():
        OutboxState.objects.get_or_create(pk=1)
        state = OutboxState.objects.select_for_update().get(pk=1)
        if state.paused_until is not None and (left := state.paused_until - sql.clock()) > dt.timedelta(0):
            return left.total_seconds()  # another connection has reported it already
        seconds = min(settings.MAIL_PAUSE_SECONDS * 2 ** min(state.faults, 10), MAX_PAUSE_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE mailing_outboxstate SET faults = faults + 1, pause_reason = %s, paused_until = {sql.later()}",
                [reason, seconds],
            )
    logger.warning("mail: sending pauses for %d s: %s", seconds, reason)
    return float(seconds)


def record_success() -> bool:
    """A message was accepted: reset the count of faults, unless a pause is still on. Returns whether none is.

    Messages in flight when a pause begins may be accepted; that does not end the pause.
    """
    clock = sql.clock()
    is_over = Q(paused_until__isnull=True) | Q(paused_until__lte=clock)
    OutboxState.objects.filter(is_over, pk=1, faults__gt=0).update(faults=0, paused_until=None, pause_reason="")
    return not OutboxState.objects.filter(pk=1, paused_until__gt=clock).exists()


def check_restore() -> None:
    """Lock sending if the database is older than what this machine has sent from it: it was restored from a backup.

    Each claim increments a sequence number in the database, which is then copied to a file beside it. A database
    behind the file lists people as `pending` who have their email. A machine without a file cannot know, and locks.
    Between two claims the numbers of claimed deliveries are compared, see `InFlightFile`.
    """
    # Read the file before the row: another sender's claim in between must not look like a restore.
    known = read_sequence()
    state = OutboxState.objects.get_or_create(pk=1)[0]
    if known is None and state.sequence:  # unless another sender has just started
        known = read_sequence()
        state.refresh_from_db()
    if state.locked_at is not None:
        return
    if known is None and state.sequence == 0:
        _write_sequence(0)
    elif known is None:
        lock(UNKNOWN_MACHINE)
    elif state.sequence < known:
        logger.error("mail: the database is at sequence %d, but %d was sent from", state.sequence, known)
        lock(RESTORED)
    elif _sent_more_than_recorded():
        logger.error("mail: the database is at sequence %d, but more was sent than it records", state.sequence)
        lock(RESTORED)


def advance_sequence() -> int | None:
    """Increment the sequence number, inside the claim's transaction; None if nothing may be sent now.

    The row also serialises claims. A database restored while this sender runs is behind the file: then nothing is
    claimed, and `check_restore` locks.
    """
    known = read_sequence() or 0  # before the row, which is never behind the file
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mailing_outboxstate SET sequence = sequence + 1 WHERE id = 1 AND locked_at IS NULL"
            f" AND sequence >= %s AND (paused_until IS NULL OR paused_until <= {sql.now()})",
            [known],
        )
        if cursor.rowcount != 1:
            return None
        cursor.execute("SELECT sequence FROM mailing_outboxstate WHERE id = 1")
        return int(cursor.fetchone()[0])


def save_sequence(sequence: int) -> None:
    """Copy the sequence number to the file after the commit; it is never decreased."""
    if (read_sequence() or 0) < sequence:
        _write_sequence(sequence)


def read_sequence() -> int | None:
    """The number in the file; None if there is no file."""
    try:
        return int((settings.MAIL_STATE_DIR / "mark").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _write_sequence(sequence: int) -> None:
    # Written to a temporary file and renamed, so that a reader never sees half a number.
    settings.MAIL_STATE_DIR.mkdir(parents=True, exist_ok=True)
    path = settings.MAIL_STATE_DIR / f"mark.{os.getpid()}"
    try:
        path.write_text(str(sequence))
        path.replace(settings.MAIL_STATE_DIR / "mark")
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


class InFlightFile:
    """A file with the number of deliveries that a sender has claimed and not begun; written before each one is sent.

    A database in which the sender holds more was restored, even if its sequence number is the same. The file has the
    number or, during a claim, `?` and the sequence number before it; then a count of writes.
    """

    def __init__(self, owner: str) -> None:
        self._path = settings.MAIL_STATE_DIR / f"held.{owner}"
        self._file: int | None = None
        self._written = 0

    def open(self) -> None:
        """Create the file. Raises OSError, for example if the disk is full; later writes need no more space."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            self.set(0)

    def set(self, count: int | None) -> None:
        """Write the count; None while a claim is under way. Takes microseconds, since each message waits for it."""
        if self._file is not None:
            self._written += 1
            known = f"?{read_sequence() or 0}" if count is None else str(count)
            os.pwrite(self._file, f"{known:>20} {self._written:>20}".encode(), 0)

    def close(self) -> None:
        """Remove the file: nothing is claimed any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._path.unlink(missing_ok=True)


def _in_flight_files() -> list[Path]:
    """The files of senders that run or died recently; claims of older ones were released long ago."""
    files = []
    for file in settings.MAIL_STATE_DIR.glob("held.*"):
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > 2 * settings.MAIL_LEASE_SECONDS:
                file.unlink()
            else:
                files.append(file)
    return files


def _sent_more_than_recorded() -> bool:
    """Whether a sender has begun deliveries that the database lists as only claimed."""
    texts = {file: text for file in _in_flight_files() if (text := _read(file))}
    rows = Delivery.objects.filter(state=Delivery.State.CLAIMED).order_by()
    held: dict[str, int] = dict(rows.values_list("owner").annotate(Count("pk")))
    # Read after the rows: a claim in between has incremented the sequence number.
    sequence = OutboxState.objects.get(pk=1).sequence
    for file, text in texts.items():
        known = text.split()[0]
        if known.startswith("?"):
            if sequence != int(known[1:]):
                continue  # this sender or another has claimed since
            known = "0"
        owner = file.name.partition(".")[2]
        if held.get(owner, 0) > int(known) and _read(file) == text:  # unless it is being written at this moment
            return True
    return False


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""
