"""The log: what a client did wrong takes one line at most, what we did wrong its traceback."""

import logging
from io import StringIO

import pytest
from django.test import Client

from snz_portal.log import OneLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(monkeypatch):
    """What the portal's own handler writes."""
    handler = next(each for each in logging.getLogger().handlers if isinstance(each.formatter, OneLine))
    monkeypatch.setattr(handler, "stream", StringIO())
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
