"""Whether mail may leave at all: the lock after a restore from a backup, and the pause after faults of the server."""

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
from digest.mailing.models import Delivery, Mailing, Post
from digest.mailing.outbox import sql

logger = logging.getLogger(__name__)
LONGEST_PAUSE = 600  # seconds
# Why mail is locked; kept in English and shown in the operator's language.
STRANGER = gettext_noop("this machine has not sent from this database before")
PUT_BACK = gettext_noop("the database was put back to an earlier state")


def is_locked() -> bool:
    return Post.objects.filter(pk=1, locked_at__isnull=False).exists()


def lock(reason: str) -> None:
    """Let no mail leave until an operator unlocks."""
    Post.objects.get_or_create(pk=1)
    Post.objects.filter(pk=1).update(locked_at=sql.clock(), lock_reason=reason[:200])
    logger.error("mail: locked, %s", reason)


def unlock() -> None:
    """Let mail leave again: the operator has looked at what the backup may not know of.

    The mark goes beyond all that was sent, so that no older backup, put back after this one, passes for newer. Time
    that passed while mail was locked does not count against the life of mailings.
    """
    for file in _held_files():
        file.unlink(missing_ok=True)
    with transaction.atomic():
        Post.objects.get_or_create(pk=1)
        post = Post.objects.select_for_update().get(pk=1)
        mark = max(post.mark, read_mark() or 0) + 1
        Post.objects.filter(pk=1).update(
            mark=mark, locked_at=None, lock_reason="", paused_until=None, pause_reason="", faults=0
        )
        expires_at = sql.clock() + dt.timedelta(hours=settings.MAIL_LIFE_HOURS)
        Mailing.objects.filter(state=Mailing.State.SENDING).update(expires_at=expires_at)
    _write_mark(mark)


def note_fault(reason: str) -> float:
    """The server refuses or is gone: nobody sends for a while, longer each time in a row. Returns the seconds."""
    reason = redact_emails(reason)[:500]
    with transaction.atomic():
        Post.objects.get_or_create(pk=1)
        post = Post.objects.select_for_update().get(pk=1)
        if post.paused_until is not None and (left := post.paused_until - sql.clock()) > dt.timedelta(0):
            return left.total_seconds()  # another connection told already
        seconds = min(settings.MAIL_PAUSE_SECONDS * 2 ** min(post.faults, 10), LONGEST_PAUSE)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE mailing_post SET faults = faults + 1, pause_reason = %s, paused_until = {sql.later()}",
                [reason, seconds],
            )
    logger.warning("mail: sending pauses for %d s: %s", seconds, reason)
    return float(seconds)


def note_success() -> bool:
    """A mail went through: the next fault counts as the first. Not while a pause lasts; whether none does.

    Who is on its way when a pause begins may well arrive: that is no reason to end it.
    """
    clock = sql.clock()
    is_over = Q(paused_until__isnull=True) | Q(paused_until__lte=clock)
    Post.objects.filter(is_over, pk=1, faults__gt=0).update(faults=0, paused_until=None, pause_reason="")
    return not Post.objects.filter(pk=1, paused_until__gt=clock).exists()


def check_restore() -> None:
    """Lock if the database is older than what this machine has sent from it: it was restored from a backup.

    Each claim raises a number in the database, which is then copied to a file beside it. A database behind the file
    says `pending` of people who have their mail. A machine without a file does not know, and does not guess.
    Between two claims it is what senders hold that tells, see `Holding`.
    """
    # The file first: read after the row, it may know of another sender's claim that the row read does not.
    known = read_mark()
    post = Post.objects.get_or_create(pk=1)[0]
    if known is None and post.mark:  # unless another sender began at this very moment
        known = read_mark()
        post.refresh_from_db()
    if post.locked_at is not None:
        return
    if known is None and post.mark == 0:
        _write_mark(0)
    elif known is None:
        lock(STRANGER)
    elif post.mark < known:
        logger.error("mail: the database is at mark %d, and %d was sent from", post.mark, known)
        lock(PUT_BACK)
    elif _has_sent_more():
        logger.error("mail: the database is at mark %d, and more was sent than it knows of", post.mark)
        lock(PUT_BACK)


def take_turn() -> int | None:
    """Raise the mark, inside the claim's transaction; None if no mail may leave now.

    The row is also what makes claims wait for each other. A database that was put back while this sender ran is
    behind the file: then nothing is claimed, and `check_restore` will lock.
    """
    known = read_mark() or 0  # before the row: it may be raised by others meanwhile, but is never behind the file
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mailing_post SET mark = mark + 1 WHERE id = 1 AND locked_at IS NULL AND mark >= %s"
            f" AND (paused_until IS NULL OR paused_until <= {sql.now()})",
            [known],
        )
        if cursor.rowcount != 1:
            return None
        cursor.execute("SELECT mark FROM mailing_post WHERE id = 1")
        return int(cursor.fetchone()[0])


def remember_turn(mark: int) -> None:
    """Copy the mark to the file, once it is committed; never backwards."""
    if (read_mark() or 0) < mark:
        _write_mark(mark)


def read_mark() -> int | None:
    """What the file says; None if there is none."""
    try:
        return int((settings.MAIL_STATE_DIR / "mark").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _write_mark(mark: int) -> None:
    # Whole or not at all: a reader never sees half a number.
    settings.MAIL_STATE_DIR.mkdir(parents=True, exist_ok=True)
    path = settings.MAIL_STATE_DIR / f"mark.{os.getpid()}"
    try:
        path.write_text(str(mark))
        path.replace(settings.MAIL_STATE_DIR / "mark")
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


class Holding:
    """How many mails a sender holds and has not begun, in a file beside the database; set before each one leaves.

    A database that says it holds more is older than what it sent, although the claim is the same. The file has the
    number, or, while a claim is under way, `?` and the mark before it; and how often it was written.
    """

    def __init__(self, owner: str) -> None:
        self._path = settings.MAIL_STATE_DIR / f"held.{owner}"
        self._file: int | None = None
        self._written = 0

    def open(self) -> None:
        """Raises OSError, as where there is no room; later writes go into the room that is taken here."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            self.set(0)

    def set(self, count: int | None) -> None:
        """None: not known until the claim has come back. Some microseconds, since each mail waits for it."""
        if self._file is not None:
            self._written += 1
            known = f"?{read_mark() or 0}" if count is None else str(count)
            os.pwrite(self._file, f"{known:>20} {self._written:>20}".encode(), 0)

    def close(self) -> None:
        """Nothing is held any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._path.unlink(missing_ok=True)


def _held_files() -> list[Path]:
    """Those of senders that work now, or that died lately; what older ones held was given back long ago."""
    files = []
    for file in settings.MAIL_STATE_DIR.glob("held.*"):
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > 2 * settings.MAIL_LEASE_SECONDS:
                file.unlink()
            else:
                files.append(file)
    return files


def _has_sent_more() -> bool:
    """Whether a sender has begun mails that the database says it only holds."""
    told = {file: text for file in _held_files() if (text := _read(file))}
    rows = Delivery.objects.filter(state=Delivery.State.CLAIMED).order_by()
    held: dict[str, int] = dict(rows.values_list("owner").annotate(Count("pk")))
    # After the rows: a claim that came between the two looks has raised the mark as well.
    mark = Post.objects.get(pk=1).mark
    for file, text in told.items():
        known = text.split()[0]
        if known.startswith("?"):
            if mark != int(known[1:]):
                continue  # it, or another, has claimed since
            known = "0"
        owner = file.name.partition(".")[2]
        if held.get(owner, 0) > int(known) and _read(file) == text:  # unless it goes on at this moment
            return True
    return False


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""
