"""mark_sent: after a restore, what the mail server's log shows as accepted is not sent a second time."""

import gzip
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import translation

from digest.mailing import outbox
from digest.mailing.message_ids import envelope_sender
from digest.mailing.models import Delivery
from digest.mailing.outbox import marking
from digest.mailing.server_log import ServerLog
from tests.mailing.mailbox import make_deliveries

pytestmark = pytest.mark.django_db
START = "Nov 21 10:00:00 mx1 postfix"


def lines_of(row: Delivery, status: str = "sent", recipient: str = "", queue_id: str = "") -> str:
    """What Postfix writes about one email."""
    queue_id = queue_id or f"4Xk{row.pk:08d}"
    recipient = recipient or row.subscriber.address
    return (
        f"{START}/smtpd[700]: {queue_id}: client=portal[10.0.0.1]\n"
        f"{START}/cleanup[701]: {queue_id}: message-id=<m1.{row.pk}.0123456789abcdef@digest.test>\n"
        f"{START}/qmgr[812]: {queue_id}: from=<{envelope_sender(row.pk)}>, size=81034, nrcpt=1 (queue active)\n"
        f"{START}/smtp[990]: {queue_id}: to=<{recipient}>, relay=mx.farm.example[192.0.2.1]:25, delay=1.2,"
        f" delays=0/0/1/0.2, dsn=2.0.0, status={status} (250 2.0.0 Ok: queued as 7F)\n"
        f"{START}/qmgr[812]: {queue_id}: removed\n"
    )


def mark(path: Path, *more: str) -> str:
    out = io.StringIO()
    with translation.override("en"):
        call_command("mark_sent", str(path), *more, stdout=out)
    return out.getvalue()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "mail.log"


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_what_the_log_shows_as_sent_is_marked_and_the_rest_still_waits(log: Path) -> None:
    rows = make_deliveries(5, "pending")
    log.write_text("".join(lines_of(row) for row in rows[:3]))
    assert mark(log) == (
        "Marked as sent: 3\nAlready recorded as sent: 0\nNot in this database: 0\nStill waiting to be sent: 2\n"
    )
    assert states() == ["sent"] * 3 + ["pending"] * 2


def test_a_second_run_changes_nothing(log: Path) -> None:
    rows = make_deliveries(2, "pending")
    log.write_text(lines_of(rows[0]))
    mark(log)
    before = list(Delivery.objects.order_by("pk").values())
    assert mark(log).startswith("Marked as sent: 0\nAlready recorded as sent: 1\n")
    assert list(Delivery.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("state", ["pending", "deferred", "claimed", "in-data", "uncertain", "expired"])
def test_any_email_that_might_be_sent_again_is_marked(log: Path, state: str) -> None:
    (row,) = make_deliveries(1, state)
    log.write_text(lines_of(row))
    mark(log)
    row.refresh_from_db()
    assert (row.state, row.owner, row.lease_until, row.reply) == ("sent", "", None, "status=sent")


@pytest.mark.parametrize("state", ["failed", "suppressed"])
def test_what_has_failed_or_was_cancelled_stays_so(log: Path, state: str) -> None:
    (row,) = make_deliveries(1, state)
    log.write_text(lines_of(row))
    assert "Failed or cancelled in this database, not changed: 1" in mark(log)
    assert states() == [state]


def test_an_email_that_the_server_still_tries_to_pass_on_is_marked(log: Path) -> None:
    (row,) = make_deliveries(1, "pending")
    log.write_text(lines_of(row, "deferred").replace("removed", "skipped"))
    mark(log)
    assert states() == ["sent"]


def test_an_email_that_the_server_returned_still_waits(log: Path) -> None:
    (row,) = make_deliveries(1, "pending")
    log.write_text(lines_of(row, "bounced"))
    assert "Returned by the mail server, not changed: 1" in mark(log)
    assert states() == ["pending"]


def test_a_message_that_was_refused_is_not_accepted(log: Path) -> None:
    (row,) = make_deliveries(1, "pending")
    envelope = f"from=<{envelope_sender(row.pk)}> to=<{row.subscriber.address}>"
    log.write_text(
        f"{START}/smtpd[7]: NOQUEUE: reject: RCPT from a[1]: 450 4.1.1; {envelope} proto=SMTP\n"
        f"{START}/cleanup[7]: 4Xk21: milter-reject: END-OF-MESSAGE; {envelope} proto=ESMTP\n"
    )
    mark(log)
    assert states() == ["pending"]


def test_a_forged_number_and_another_portals_are_not_read(log: Path) -> None:
    (row,) = make_deliveries(1, "pending")
    log.write_text(lines_of(row).replace(envelope_sender(row.pk), f"bounces+{row.pk}.{'0' * 16}@digest.test"))
    assert "no email of this portal" in mark(log)
    assert states() == ["pending"]


def test_a_number_that_the_restored_database_gave_to_somebody_else_is_not_marked(log: Path) -> None:
    (row,) = make_deliveries(1, "pending")
    log.write_text(lines_of(row, recipient="ben@farm.example"))
    assert "Another recipient in this database, not changed: 1" in mark(log)
    assert states() == ["pending"]


def test_an_address_is_known_in_any_case_and_before_an_alias(log: Path) -> None:
    first, second = make_deliveries(2, "pending")
    alias = f"box@in.example>, orig_to=<{second.subscriber.address}"
    log.write_text(lines_of(first, recipient=first.subscriber.address.upper()) + lines_of(second, recipient=alias))
    mark(log)
    assert states() == ["sent", "sent"]


def test_a_number_that_the_database_does_not_have_is_unknown(log: Path) -> None:
    (row,) = make_deliveries(1, "pending")
    text = lines_of(row)
    row.delete()
    log.write_text(text)
    assert "Not in this database: 1" in mark(log)


def test_a_queue_id_that_is_used_again_belongs_to_the_new_email(log: Path) -> None:
    first, second = make_deliveries(2, "pending")
    other = lines_of(first, queue_id="A1B2C3").replace(envelope_sender(first.pk), "root@mx1.example")
    log.write_text(lines_of(first, "bounced", queue_id="A1B2C3") + other + lines_of(second, queue_id="A1B2C3"))
    mark(log)
    assert states() == ["pending", "sent"]


def test_older_files_come_first_and_an_email_may_begin_in_one_and_end_in_the_next(log: Path, tmp_path: Path) -> None:
    (row,) = make_deliveries(1, "pending")
    lines = lines_of(row).splitlines(keepends=True)
    older = tmp_path / "mail.log.1.gz"
    older.write_bytes(gzip.compress("".join(lines[:3]).encode()))
    log.write_text("".join(lines[3:]))
    mark(older, str(log))
    assert states() == ["sent"]


def test_the_log_may_come_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = make_deliveries(1, "pending")
    journal = lines_of(row).replace("Nov 21 10:00:00", "2026-11-21T10:00:00.123456+08:00").encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(journal))))  # type: ignore[arg-type]
    mark(Path("-"))
    assert states() == ["sent"]


def test_it_works_while_mail_is_locked_and_leaves_it_locked(log: Path) -> None:
    (row,) = make_deliveries(1, "pending")
    outbox.lock("test")
    log.write_text(lines_of(row))
    mark(log)
    assert states() == ["sent"] and outbox.is_locked()


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    packed = tmp_path / "cut.gz"
    packed.write_bytes(gzip.compress(b"x" * 100_000)[:40])
    for path in (tmp_path / "missing.log", tmp_path, packed):
        with pytest.raises(CommandError, match="cannot be read"):
            mark(path)


def test_any_bytes_are_read(log: Path) -> None:
    log.write_bytes(
        bytes(range(256)) * 50 + b"\nfrom=<>, size=1\nx: 12345: from=<\xff>, size=\nx: 12345: to=<, status=sent"
    )
    assert "no email of this portal" in mark(log)


def test_a_database_that_is_away_is_one_sentence(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> Any:
        raise OperationalError("gone")

    (row,) = make_deliveries(1, "pending")
    log.write_text(lines_of(row))
    monkeypatch.setattr(marking, "mark_sent", away)
    with pytest.raises(CommandError, match="database is unavailable"):
        mark(log)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only(log: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    (row,) = make_deliveries(1, "pending")
    log.write_text(lines_of(row))
    mark(log)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    mark(log)
    assert "100 %" in terminal.getvalue()


def test_lines_of_other_programs_are_passed_over() -> None:
    log = ServerLog()
    log.read(["Nov 21 10:00:00 mx1 sshd[1]: session removed for to=<x> from=<y>\n", "", "removed\n"])
    assert log.deliveries == []
