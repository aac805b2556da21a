"""What holds for every subscription page and every answer of it: headers, methods, size, languages."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from digest.subscriptions import tokens
from digest.subscriptions.tokens import Purpose
from digest.subscriptions.urls import urlpatterns
from tests.factories import make_subscriber
from tests.subscriptions.forms import subscribe, text_of

pytestmark = pytest.mark.django_db
BASE = "<language:language>/subscribe/"
SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "private, no-store",
}


def addresses(code: str = "en") -> dict[str, str]:
    """An address for every route."""
    row = make_subscriber(new_address="new@farm.example", asked_at=timezone.now())
    made = {purpose: tokens.make(purpose, row) for purpose in Purpose}
    base = f"/{code}/subscribe/"
    preferences = f"preferences/{made[Purpose.PREFERENCES]}/"
    return {
        BASE: base,
        f"{BASE}link/": f"{base}link/",
        f"{BASE}confirm/<str:token>/": f"{base}confirm/{made[Purpose.CONFIRM]}/",
        f"{BASE}not-me/<str:token>/": f"{base}not-me/{made[Purpose.NOT_ME]}/",
        f"{BASE}preferences/<str:token>/": base + preferences,
        f"{BASE}preferences/<str:token>/subscription.json": f"{base}{preferences}subscription.json",
        f"{BASE}preferences/<str:token>/erase/": f"{base}{preferences}erase/",
        f"{BASE}address/<str:token>/": f"{base}address/{made[Purpose.NEW_ADDRESS]}/",
        "u/<str:token>/": f"/u/{made[Purpose.UNSUBSCRIBE]}/",
        "u/<str:token>": f"/u/{made[Purpose.UNSUBSCRIBE]}",
        "u/<str:token>/back/": f"/u/{made[Purpose.UNSUBSCRIBE]}/back/",
    }


def assert_safe(answer: HttpResponse, status: int) -> None:
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SAFETY} == SAFETY
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not answer.cookies and "Set-Cookie" not in answer.headers


def test_every_route_is_tried_here():
    assert {str(pattern.pattern) for pattern in urlpatterns} == set(addresses())


@pytest.mark.parametrize("code", ["en", "zh-hant", "zh-hans"])
def test_every_page_is_safe_private_and_in_the_language_of_its_address(code):
    for route, path in addresses(code).items():
        answer = Client().get(path)
        assert_safe(answer, 200)
        assert ("X-Robots-Tag" in answer) == (route != BASE)
        if "<language" in route:
            assert answer["Content-Language"].lower() == code


def test_other_methods_and_heavy_forms_are_refused_safely():
    for path in addresses().values():
        for method in ("options", "put", "patch", "delete", "trace"):
            assert_safe(getattr(Client(), method)(path), 405)
        if not path.startswith("/u/") and not path.endswith(".json"):
            assert_safe(Client().post(path, {"address": "a" * 70_000}), 413)


def test_errors_are_safe_and_say_no_more_than_others():
    assert_safe(subscribe("anna@"), 400)
    assert_safe(subscribe("anna@farm.tw"), 200)
    assert_safe(Client().get("/en/subscribe/confirm/nonsense/"), 404)


@pytest.mark.parametrize(("code", "word"), [("en", "This link does not work"), ("zh-hant", "</a>")])
def test_a_link_that_does_not_work_leads_to_a_new_one_in_the_language_of_the_page(code, word):
    for path in (f"/{code}/subscribe/preferences/nonsense/", "/u/nonsense/", "/u/nonsense/back/"):
        for method in ("get", "post"):
            answer = getattr(Client(headers={"accept-language": code}), method)(path)
            html = answer.content.decode()
            assert answer.status_code == 404 and answer["Content-Language"].lower() == code
            assert f'href="/{code}/subscribe/link/"' in html and word in html and "nonsense" not in html


def test_who_sends_too_much_is_told_so_in_the_language_of_the_page():
    answer = Client().post("/zh-hans/subscribe/", {"address": "a" * 70_000})
    assert answer.status_code == 413 and '<html lang="zh-Hans">' in answer.content.decode()


@pytest.mark.parametrize("fault", [OperationalError("locked"), DatabaseError("broken off"), InterfaceError("closed")])
def test_a_database_that_does_not_answer_is_told_of_kindly(monkeypatch, fault):
    def broken(*_arguments, **_fields):
        raise fault

    monkeypatch.setattr("digest.subscriptions.subscribing.subscribe", broken)
    answer = subscribe("anna@farm.tw")
    assert_safe(answer, 503)
    assert answer["Retry-After"] == "60" and "nothing was changed" in text_of(answer)
    html = answer.content.decode()
    assert 'name="address" value="anna@farm.tw"' in html and html.count('name="sections"') == 5
    assert 'name="form_token"' in html and 'method="post"' in html  # one press sends it all again


def test_no_page_needs_a_script_or_another_host():
    for path in addresses().values():
        html = Client().get(path).content.decode()
        assert "<script" not in html and "http" not in html.replace("http://testserver", "")


def forms_of(html: str) -> Iterator[str]:
    for piece in html.split("<form")[1:]:
        yield piece.split(">")[0]


def test_every_form_is_a_post():
    for path in addresses().values():
        assert all('method="post"' in form for form in forms_of(Client().get(path).content.decode()))


def test_the_home_page_has_a_form_and_no_token_in_it():
    page = Client().get("/en/")
    html = page.content.decode()
    assert 'action="/en/subscribe/"' in html and "form_token" not in html and not page.cookies
    assert "public" in page["Cache-Control"]
    assert "Get the digest by email" in text_of(page)
