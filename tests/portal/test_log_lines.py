"""The log: a client's mistake takes one line at most, an outage one line a minute, our own mistake its traceback."""

import errno
import logging
import sqlite3
from io import StringIO

import psycopg2
import psycopg2.errors
import pytest
from django.db import DatabaseError, OperationalError
from django.test import Client

from snz_portal.log import OneLine, OutageFilter, is_outage

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(monkeypatch):
    """What the portal's own handler writes."""
    handler = next(each for each in logging.getLogger().handlers if isinstance(each.formatter, OneLine))
    monkeypatch.setattr(handler, "stream", StringIO())
    monkeypatch.setattr(handler, "filters", [OutageFilter()])
    return handler.stream


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


FORM = "application/x-www-form-urlencoded"
WRONG = {
    "too many fields": lambda c: c.post("/admin/login/", {f"f{n}": "x" for n in range(5_001)}),
    "too large": lambda c: c.generic("POST", "/admin/login/", b"a=" + b"x" * (8 * 2**20), FORM),
    "another host": lambda c: c.get("/en/", headers={"host": "evil.example\r\nX: y"}),
    "no multipart": lambda c: c.generic("POST", "/admin/login/", b"x", "multipart/form-data"),
    "no such page": lambda c: c.get("/en/nothing%0aforged line"),
    "no such method": lambda c: c.delete("/en/"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_clients_mistake_is_one_line_without_a_traceback(client, log, case):
    assert 400 <= WRONG[case](client).status_code < 500
    assert log.getvalue().count("\n") <= 1 and "Traceback" not in log.getvalue()


def test_a_refused_host_is_said(client, log):
    client.get("/en/", headers={"host": "evil.example"})
    assert "evil.example" in log.getvalue()


def test_our_own_mistake_comes_with_its_traceback(client, log, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("snz_portal.views.connection.cursor", fail)
    assert client.get("/healthz").status_code == 500
    assert "Traceback" in log.getvalue() and "ZeroDivisionError" in log.getvalue()


def test_a8_no_line_holds_the_token_of_a_link(client, log, monkeypatch):
    token = "aB3-" * 10 + "_9z"
    pages = [f"/en/subscribe/{name}/{token}/" for name in ("confirm", "not-me", "preferences", "address")]
    for path in [*pages, f"/u/{token}/", f"/u/{token}", f"/u/{token}/back/"]:
        client.get(path)
        client.put(path)
    monkeypatch.setattr("digest.subscriptions.tokens.read", lambda *arguments: 1 / 0)
    client.get(f"/u/{token}/")
    assert "Method Not Allowed" in log.getvalue() and "ZeroDivisionError" in log.getvalue()
    assert token not in log.getvalue()


def throw(fault):
    raise fault


def test_an_outage_of_the_database_is_one_line_a_minute(client, log, monkeypatch):
    now = [0.0]
    handler = next(each for each in logging.getLogger().handlers if isinstance(each.formatter, OneLine))
    monkeypatch.setattr(handler, "filters", [OutageFilter(lambda: now[0])])
    gone = OperationalError("connection refused\n\tIs the server running?")
    monkeypatch.setattr("snz_portal.views.connection.cursor", lambda: throw(gone))
    monkeypatch.setattr("digest.subscriptions.tokens.read", lambda *arguments: throw(gone))
    for _request in range(30):
        assert client.get("/healthz").status_code == 503
        assert client.get(f"/u/{'x' * 43}/").status_code == 503
        now[0] += 1.9
    lines = log.getvalue().splitlines()
    assert len(lines) == 1, lines
    assert "OperationalError: connection refused Is the server running?" in lines[0]
    now[0] = 60
    client.get("/healthz")
    lines = log.getvalue().splitlines()
    assert len(lines) == 2 and "119 more lines" in lines[1] and "Traceback" not in log.getvalue()


def test_other_faults_during_an_outage_keep_their_tracebacks(client, log, monkeypatch):
    faults = iter([OperationalError("gone"), ZeroDivisionError(), ZeroDivisionError()])
    monkeypatch.setattr("snz_portal.views.connection.cursor", lambda: throw(next(faults)))
    for _fault in range(3):
        client.get("/healthz")
    assert log.getvalue().count("Traceback") == 2


def test_a_senders_lines_about_an_outage_are_one_a_minute(log):
    for _attempt in range(30):
        logging.getLogger("digest.mailing.sender").warning("mail: waiting: gone", extra={"is_outage": True})
    assert log.getvalue() == "mail: waiting: gone\n"


def caused_by(cause, kind=OperationalError):
    fault = kind(str(cause))
    fault.__cause__ = cause
    return fault


def sqlite_error(statement):
    try:
        sqlite3.connect(":memory:").execute(statement)
    except sqlite3.Error as error:
        return error
    raise AssertionError


class Coded(psycopg2.OperationalError):
    def __init__(self, code):
        super().__init__("x")
        self._code = code

    @property
    def pgcode(self):
        return self._code


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.ENOENT, "No such file"), False),
        (caused_by(psycopg2.OperationalError("connection refused")), True),
        (caused_by(psycopg2.DatabaseError("server closed the connection"), DatabaseError), True),
        (caused_by(Coded("57P01")), True),  # the administrator ends all connections
        (caused_by(Coded("53300")), True),  # too many connections
        (caused_by(Coded("57014")), False),  # one statement took too long
        (caused_by(Coded("40P01")), False),  # a deadlock is our mistake
        (caused_by(sqlite_error("SELECT missing FROM nowhere")), False),
        (ValueError("x"), False),
        (None, False),
    ],
)
def test_only_faults_that_every_request_meets_are_outages(fault, expected):
    assert is_outage(fault) is expected
