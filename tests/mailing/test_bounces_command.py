"""receive_bounce at the end of a mail server's pipe: any bytes, any size, and a database that is away."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from digest.mailing import bounces
from digest.mailing.bounces import reports
from digest.mailing.management.commands.receive_bounce import EX_TEMPFAIL, MAX_BYTES
from digest.mailing.message_ids import envelope_sender, message_id
from digest.mailing.models import MailEvent
from tests.mailing.bounce_corpus import everything
from tests.mailing.bounce_styles import Returned, postfix
from tests.mailing.mailbox import make_deliveries, returned

MAIL = Returned("ana@farm.example", message_id(7, 3), envelope_sender(7))
HARD = postfix("5.1.1", "550 5.1.1 User unknown")
NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(12_000))


def pipe(monkeypatch: pytest.MonkeyPatch, raw: bytes, *recipients: str) -> str:
    """What the command says of a message."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    out = io.StringIO()
    call_command("receive_bounce", recipient=list(recipients), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_one_line_tells_what_was_done_and_names_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    row = make_deliveries(1)[0]
    raw = HARD(returned(row))
    assert pipe(monkeypatch, raw) == f"delivery {row.pk}: hard 5.1.1\n"
    assert pipe(monkeypatch, raw) == f"delivery {row.pk}: hard 5.1.1 (known already)\n"
    assert pipe(monkeypatch, b"Subject: hello\n\nuser unknown\n") == "ignored: no report on a mail of ours\n"


@pytest.mark.django_db
def test_the_envelopes_recipient_is_enough_to_know_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    row = make_deliveries(1)[0]
    raw = HARD(Returned("u0@farm.example", "<x@elsewhere.example>", "nobody@digest.test"))
    assert "ignored" in pipe(monkeypatch, raw)
    assert "hard" in pipe(monkeypatch, raw, envelope_sender(row.pk))


@pytest.mark.django_db
def test_a_report_with_a_seal_that_is_not_ours_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = make_deliveries(1)[0]
    real = returned(row)
    for forged in ("0" * 16, real.return_path.partition(".")[2][:16][::-1]):
        mail = Returned(
            real.address,
            f"<m{row.mailing_id}.{row.pk}.{forged}@testserver>",
            f"bounces+{row.pk}.{forged}@testserver",
        )
        assert "ignored" in pipe(monkeypatch, HARD(mail))
    assert not MailEvent.objects.exists()


@pytest.mark.django_db
def test_a_message_of_many_megabytes_is_read_to_its_end_and_judged_by_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = make_deliveries(1)[0]
    raw = HARD(returned(row)) + b"x" * 70 + b"\r\nlong line\r\n" * (MAX_BYTES // 4)
    assert len(raw) > 3 * MAX_BYTES
    assert "hard 5.1.1" in pipe(monkeypatch, raw)


@pytest.mark.django_db
def test_a_database_that_is_away_asks_the_server_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> str:
        raise OperationalError("gone")

    monkeypatch.setattr(bounces, "receive", away)
    with pytest.raises(CommandError) as caught:
        pipe(monkeypatch, b"")
    assert caught.value.returncode == EX_TEMPFAIL == 75


def test_as_a_program_without_a_database_it_ends_with_75_and_one_line(tmp_path: Path) -> None:
    """A real pipe, and a PostgreSQL that nobody runs."""
    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "receive_bounce"],
        input=HARD(MAIL),
        capture_output=True,
        timeout=60,
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": f"postgres://u:p@{str(tmp_path).replace('/', '%2f')}/none",
            "SECRET_KEY": settings.SECRET_KEY,
            "SITE_URL": settings.SITE_URL,
        },
    )
    assert done.returncode == 75, done.stderr
    assert done.stderr.decode().count("\n") == 1 and b"Traceback" not in done.stderr


# --- any bytes ---------------------------------------------------------------------------------------------------

_CORPUS = [case.build(MAIL) for case in everything()]
_FUZZ = hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@_FUZZ
@given(st.binary(max_size=2000))
@example(NESTED)
@example(b"Content-Type: message/rfc822\r\n\r\n" * 30_000)
def test_no_bytes_at_all_are_too_odd(raw: bytes) -> None:
    report = reports.read(raw)
    assert report is None or isinstance(report, reports.Report)
    assert isinstance(reports.message_id(raw), str)


@_FUZZ
@given(st.data())
def test_a_report_that_was_damaged_anywhere_is_read_or_ignored(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(_CORPUS)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        length = data.draw(st.integers(0, 40))
        raw[at : at + length] = data.draw(st.binary(max_size=40))
    report = reports.read(bytes(raw), ["\ud800 bounces+7.x@y", ""])
    if report is not None:
        report.finding_for(MAIL.address)
        assert report.delivery_id == 7


@pytest.mark.django_db
@hypothesis_settings(_FUZZ, max_examples=80)
@given(words=st.text(max_size=80), junk=st.binary(max_size=80))
def test_whatever_a_server_says_can_be_stored(words: str, junk: bytes) -> None:
    row = make_deliveries(1)[0] if not MailEvent.objects.exists() else MailEvent.objects.first().delivery
    raw = HARD(returned(row)).replace(
        b"550 5.1.1 User unknown", b"550 5.1.1 " + junk + words.encode("utf-8", "replace")
    )
    assert bounces.receive(b"Message-ID: <" + junk.replace(b"\n", b"") + b">\r\n" + raw)  # says what it did


@pytest.mark.parametrize(
    "raw",
    [
        NESTED[: 2**20],
        b"To: " + b"a@b," * 250_000,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n" + b"--b\r\n" * 200_000,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Action: failed\r\n\r\n" * 58_000,
        b"Diagnostic-Code: " * 60_000,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"A: b\r\n\r\nFinal-Recipient: x;" + b"<" * 500_000 + b"\r\nDiagnostic-Code: " + b"5.1" * 150_000,
    ],
    ids=["nested", "recipients", "parts", "blocks", "field names", "long fields"],
)
def test_the_worst_megabyte_takes_seconds_at_most(raw: bytes) -> None:
    start = time.process_time()
    reports.read(raw)
    assert time.process_time() - start < 10
