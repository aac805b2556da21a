"""Headers on every address and status: safety everywhere, keeping allowed for public pages alone."""

from collections.abc import Iterator
from errno import ENOSPC
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from digest.archive.views import issues
from digest.mailing import demo_outbox
from digest.subscriptions import urls as subscriptions
from tests.portal.reading_room import CODES, PAGES, Room

pytestmark = pytest.mark.django_db
every_page = pytest.mark.parametrize("name", PAGES)
every_language = pytest.mark.parametrize("code", CODES)
BROWSER_SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def assert_safe(response: HttpResponse) -> None:
    """What no answer goes without."""
    wanted = dict(BROWSER_SAFETY)
    if response.headers.get("Content-Type") == "image/webp":
        wanted["Cross-Origin-Resource-Policy"] = "cross-origin"  # mails show pictures, wherever they are read
    for name, value in wanted.items():
        assert response.headers.get(name) == value, (name, response.status_code)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert response.headers["Cache-Control"]
    assert "Server" not in response.headers


def assert_private(response: HttpResponse, status: int) -> None:
    """An answer that no cache may keep."""
    assert response.status_code == status
    assert_safe(response)
    assert "no-store" in response.headers["Cache-Control"] or "private" in response.headers["Cache-Control"]


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def examples(archive: Room) -> dict[str, str]:
    """An address for every route outside the admin."""
    pages = archive.paths()
    language = "<language:language>/"
    return {
        "": "/",
        language: "/en/",
        f"{language}issues/": "/en/issues/",
        f"{language}issues/<number:number>/": "/en/issues/17/",
        f"{language}issues/<number:number>/bilingual/": "/en/issues/17/bilingual/",
        f"{language}items/<id:pk>/": f"/en/{pages['research']}",
        f"{language}sections/<section:kind>/": "/en/sections/news/",
        f"{language}events/": "/en/events/",
        f"{language}topics/": "/en/topics/",
        f"{language}topics/<name:slug>/": f"/en/{pages['topic']}",
        f"{language}sources/<name:slug>/": f"/en/{pages['source']}",
        "pictures/<slug:name>.webp": archive.poster.address,
        "robots.txt": "/robots.txt",
        "healthz": "/healthz",
    }


def test_every_address_is_tried_here(archive: Room) -> None:
    known = {route for route in routes(get_resolver().url_patterns) if not route.startswith("admin/")}
    # Tried in tests/subscriptions/test_pages.py and tests/mailing/.
    private = {*routes(subscriptions.urlpatterns), *routes(demo_outbox.urlpatterns, "outbox/")}
    assert known - private == set(examples(archive))


def test_every_address_sends_the_safety_headers(client: Client, archive: Room) -> None:
    for path in examples(archive).values():
        response = client.get(path)
        assert response.status_code in (200, 302), path
        assert_safe(response)
        assert "Set-Cookie" not in response.headers and not response.cookies, path


@pytest.mark.parametrize("cookie", ["csrftoken=zz", "sessionid=y"])
def test_cookies_that_are_no_good_leave_no_trace_on_a_page(archive: Room, cookie: str) -> None:
    for path in examples(archive).values():
        response = Client(headers={"cookie": cookie}).get(f"{path}?x=1")
        assert "Set-Cookie" not in response.headers and not response.cookies, path
        assert "cookie" not in response.headers.get("Vary", "").lower(), path


@every_page
@every_language
def test_a_public_page_may_be_kept_by_caches(client: Client, archive: Room, name: str, code: str) -> None:
    response = client.get(f"/{code}/{archive.paths()[name]}")
    control = response.headers["Cache-Control"]
    assert "public" in control and "stale-while-revalidate" in control
    assert response.headers["ETag"] and response.headers["Last-Modified"]
    assert response.headers["Content-Language"].lower() == code
    assert "cookie" not in response.headers.get("Vary", "").lower()
    assert not response.cookies
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


@every_page
def test_a_page_that_has_not_changed_is_not_sent_again(client: Client, archive: Room, name: str) -> None:
    path = f"/en/{archive.paths()[name]}"
    first = client.get(path)
    for asked in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        again = client.get(path, headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again["Cache-Control"] == first["Cache-Control"]
        assert_safe(again)


@every_page
def test_head_answers_as_get_without_the_page(client: Client, archive: Room, name: str) -> None:
    path = f"/en/{archive.paths()[name]}"
    got, head = client.get(path), client.head(path)
    assert head.content == b""
    # Django works out no ETag for HEAD; the page store in front of it does.
    assert {**head.headers} == {name: value for name, value in got.headers.items() if name != "ETag"}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_a_public_page_takes_no_other_method(client: Client, archive: Room, method: str) -> None:
    for route, path in examples(archive).items():
        response = getattr(client, method)(path)
        assert_private(response, 405)
        assert response.headers["Allow"] == "GET, HEAD", route


@every_language
def test_an_unknown_address_in_a_language_is_told_in_it(client: Client, archive: Room, code: str) -> None:
    response = client.get(f"/{code}/nothing-here/", headers={"accept-language": "fr"})
    assert_private(response, 404)
    assert response.headers["Content-Language"].lower() == code


def test_moved_and_unfinished_addresses_redirect_safely(client: Client, archive: Room) -> None:
    for path in ("/en/issues", "/en/topics", "/admin"):
        response = client.get(path)
        assert_private(response, 301)


def test_a_strange_host_gets_a_safe_400(client: Client, archive: Room) -> None:
    for path in examples(archive).values():
        assert_private(client.get(path, headers={"host": "evil.example"}), 400)


def test_too_much_form_text_gets_a_safe_413(client: Client) -> None:
    fields = {"username": "a", "password": "b" * 9_000_000}
    assert_private(client.post(reverse("admin:login"), fields), 413)


def test_a_forged_form_gets_a_safe_403(archive: Room) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(reverse("admin:login"), {"username": "a", "password": "b"})
    assert_private(response, 403)
    assert "/issues/" in response.content.decode()


@every_language
def test_a_fault_gets_a_safe_500_without_its_details(
    archive: Room, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(issues.fragments, "issue_fragments", broken)
    response = Client(raise_request_exception=False).get(f"/{code}/issues/17/")
    assert_private(response, 500)
    assert b"secret reason" not in response.content
    assert response.headers["Content-Language"].lower() == code


@pytest.mark.parametrize(
    "fault",
    [OperationalError("disk is full"), DatabaseError("broken off"), InterfaceError("closed"), OSError(ENOSPC, "full")],
)
@every_language
def test_storage_that_is_away_gets_a_safe_503_that_says_when_to_come_again(
    archive: Room, code: str, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise fault

    monkeypatch.setattr(issues.fragments, "issue_fragments", broken)
    response = Client().get(f"/{code}/issues/17/")
    assert_private(response, 503)
    assert response.headers["Retry-After"] == "60"
    assert str(fault) not in response.content.decode()


def test_a_health_check_of_a_portal_without_its_database_is_a_503(client: Client, monkeypatch: Any) -> None:
    def away(*_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("snz_portal.views.connection.cursor", away)
    assert client.get("/healthz").status_code == 503


def test_a_picture_may_be_kept_but_runs_nothing(client: Client, archive: Room) -> None:
    for width in archive.poster.widths:
        response = client.get(archive.poster.address_of(width))
        assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
        assert_safe(response)
        assert "sandbox" in response["Content-Security-Policy"]
        assert "public" in response["Cache-Control"]
        assert response.getvalue()[8:12] == b"WEBP"


def test_static_files_send_the_safety_headers(settings: object) -> None:
    settings.WHITENOISE_USE_FINDERS = True
    for path in ("/static/digest.css", "/static/icon.svg", "/static/admin/css/base.css"):
        response = Client().get(path)
        assert response.status_code == 200
        assert_safe(response)
    assert_private(Client().get("/static/none.css"), 404)


def test_every_page_of_the_admin_is_private_and_safe(admin_client: Client, archive: Room) -> None:
    for model, desk in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        there = {pattern.name for pattern in desk.get_urls()}
        assert f"{name}_changelist" in there
        for page in sorted(there & {f"{name}_changelist", f"{name}_add"}):
            response = admin_client.get(reverse(f"admin:{page}"))
            assert response.status_code in (200, 403), model
            assert_private(response, response.status_code)


def test_whoever_has_not_signed_in_is_led_to_the_sign_in(client: Client) -> None:
    assert_private(client.get("/admin/"), 302)
    login = client.get(reverse("admin:login"))
    assert_private(login, 200)
    assert login.cookies["csrftoken"]["httponly"]


def test_the_session_cookie_is_kept_from_scripts(client: Client) -> None:
    User.objects.create_superuser("e", "e@example.org", "a-long-password")
    response = client.post(reverse("admin:login"), {"username": "e", "password": "a-long-password"})
    assert_private(response, 302)
    cookie = response.cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_behind_https_every_answer_is_safe_too(settings: object, archive: Room) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31536000
    client = Client()
    assert_safe(client.get("/en/"))
    assert client.get("/en/").status_code == 301
    assert_safe(client.get("/en/", headers={"host": "evil.example"}))
    secure = client.get("/en/", secure=True)
    assert secure.status_code == 200
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]
