"""Headers of all URLs and statuses: security headers on all, caching only of public pages."""

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
from tests.sample_archive import CODES, PAGES, SampleArchive

pytestmark = pytest.mark.django_db
every_page = pytest.mark.parametrize("name", PAGES)
every_language = pytest.mark.parametrize("code", CODES)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def assert_safe(response: HttpResponse) -> None:
    """Check the security headers of a response."""
    wanted = dict(SECURITY_HEADERS)
    if response.headers.get("Content-Type") == "image/webp":
        wanted["Cross-Origin-Resource-Policy"] = "cross-origin"  # emails show pictures on other sites
    for name, value in wanted.items():
        assert response.headers.get(name) == value, (name, response.status_code)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert response.headers["Cache-Control"]
    assert "Server" not in response.headers


def assert_private(response: HttpResponse, status: int) -> None:
    """Check that a response is not cacheable."""
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


def examples(sample_archive: SampleArchive) -> dict[str, str]:
    """Return a URL for each route outside the admin."""
    pages = sample_archive.paths()
    language = "<language:language>/"
    return {
        "": "/",
        language: "/en/",
        f"{language}about/": "/en/about/",
        f"{language}issues/": "/en/issues/",
        f"{language}issues/<number:number>/": "/en/issues/17/",
        f"{language}issues/<number:number>/bilingual/": "/en/issues/17/bilingual/",
        f"{language}items/<id:pk>/": f"/en/{pages['research']}",
        f"{language}sections/<section:kind>/": "/en/sections/news/",
        f"{language}events/": "/en/events/",
        f"{language}topics/": "/en/topics/",
        f"{language}topics/<name:slug>/": f"/en/{pages['topic']}",
        f"{language}sources/<name:slug>/": f"/en/{pages['source']}",
        "pictures/<slug:name>.webp": sample_archive.poster.address,
        "robots.txt": "/robots.txt",
        "healthz": "/healthz",
    }


def test_all_urls_are_tested(sample_archive: SampleArchive) -> None:
    known = {route for route in routes(get_resolver().url_patterns) if not route.startswith("admin/")}
    # Tested in tests/subscriptions/test_pages.py and tests/mailing/.
    private = {*routes(subscriptions.urlpatterns), *routes(demo_outbox.urlpatterns, "outbox/")}
    assert known - private == set(examples(sample_archive))


def test_all_urls_send_security_headers(client: Client, sample_archive: SampleArchive) -> None:
    for path in examples(sample_archive).values():
        response = client.get(path)
        assert response.status_code in (200, 302), path
        assert_safe(response)
        assert "Set-Cookie" not in response.headers and not response.cookies, path


@pytest.mark.parametrize("cookie", ["csrftoken=zz", "sessionid=y"])
def test_invalid_cookies_do_not_affect_a_page(sample_archive: SampleArchive, cookie: str) -> None:
    for path in examples(sample_archive).values():
        response = Client(headers={"cookie": cookie}).get(f"{path}?x=1")
        assert "Set-Cookie" not in response.headers and not response.cookies, path
        assert "cookie" not in response.headers.get("Vary", "").lower(), path


@every_page
@every_language
def test_public_pages_are_cacheable(client: Client, sample_archive: SampleArchive, name: str, code: str) -> None:
    response = client.get(f"/{code}/{sample_archive.paths()[name]}")
    control = response.headers["Cache-Control"]
    assert "public" in control and "stale-while-revalidate" in control
    assert response.headers["ETag"] and response.headers["Last-Modified"]
    assert response.headers["Content-Language"].lower() == code
    assert "cookie" not in response.headers.get("Vary", "").lower()
    assert not response.cookies
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


@every_page
def test_an_unchanged_page_gets_304(client: Client, sample_archive: SampleArchive, name: str) -> None:
    path = f"/en/{sample_archive.paths()[name]}"
    first = client.get(path)
    for asked in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        again = client.get(path, headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again["Cache-Control"] == first["Cache-Control"]
        assert_safe(again)


@every_page
def test_head_is_like_get_without_a_body(client: Client, sample_archive: SampleArchive, name: str) -> None:
    path = f"/en/{sample_archive.paths()[name]}"
    got, head = client.get(path), client.head(path)
    assert head.content == b""
    # Django computes no ETag for HEAD, but the page cache does; a second may have passed.
    assert {**head.headers, "Last-Modified": ""} == {
        name: value for name, value in {**got.headers, "Last-Modified": ""}.items() if name != "ETag"
    }


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_public_pages_reject_other_methods(client: Client, sample_archive: SampleArchive, method: str) -> None:
    for route, path in examples(sample_archive).items():
        response = getattr(client, method)(path)
        assert_private(response, 405)
        assert response.headers["Allow"] == "GET, HEAD", route


@every_language
def test_a_404_page_is_in_the_language_of_the_url(client: Client, sample_archive: SampleArchive, code: str) -> None:
    response = client.get(f"/{code}/nothing-here/", headers={"accept-language": "fr"})
    assert_private(response, 404)
    assert response.headers["Content-Language"].lower() == code


def test_redirects_send_security_headers(client: Client, sample_archive: SampleArchive) -> None:
    for path in ("/en/issues", "/en/topics", "/admin"):
        response = client.get(path)
        assert_private(response, 301)


def test_an_unknown_host_gets_400(client: Client, sample_archive: SampleArchive) -> None:
    for path in examples(sample_archive).values():
        assert_private(client.get(path, headers={"host": "evil.example"}), 400)


def test_a_too_large_form_gets_413(client: Client) -> None:
    fields = {"username": "a", "password": "b" * 9_000_000}
    assert_private(client.post(reverse("admin:login"), fields), 413)


def test_a_form_without_csrf_token_gets_403(sample_archive: SampleArchive) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(reverse("admin:login"), {"username": "a", "password": "b"})
    assert_private(response, 403)
    assert "/issues/" in response.content.decode()


@every_language
def test_an_error_gets_500_without_details(
    sample_archive: SampleArchive, code: str, monkeypatch: pytest.MonkeyPatch
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
def test_an_unavailable_database_gets_503_with_retry_after(
    sample_archive: SampleArchive, code: str, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise fault

    monkeypatch.setattr(issues.fragments, "issue_fragments", broken)
    response = Client().get(f"/{code}/issues/17/")
    assert_private(response, 503)
    assert response.headers["Retry-After"] == "60"
    assert str(fault) not in response.content.decode()


def test_the_health_check_without_database_gets_503(client: Client, monkeypatch: Any) -> None:
    def away(*_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("snz_portal.views.connection.cursor", away)
    assert client.get("/healthz").status_code == 503


def test_pictures_are_cacheable_and_run_no_scripts(client: Client, sample_archive: SampleArchive) -> None:
    for width in sample_archive.poster.widths:
        response = client.get(sample_archive.poster.address_of(width))
        assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
        assert_safe(response)
        assert "sandbox" in response["Content-Security-Policy"]
        assert "public" in response["Cache-Control"]
        assert response.getvalue()[8:12] == b"WEBP"


def test_static_files_send_security_headers(settings: object) -> None:
    settings.WHITENOISE_USE_FINDERS = True
    for path in ("/static/digest.css", "/static/icon.svg", "/static/admin/css/base.css"):
        response = Client().get(path)
        assert response.status_code == 200
        assert_safe(response)
    assert_private(Client().get("/static/none.css"), 404)


def test_admin_pages_are_private(admin_client: Client, sample_archive: SampleArchive) -> None:
    for model, desk in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        there = {pattern.name for pattern in desk.get_urls()}
        assert f"{name}_changelist" in there
        for page in sorted(there & {f"{name}_changelist", f"{name}_add"}):
            response = admin_client.get(reverse(f"admin:{page}"))
            assert response.status_code in (200, 403), model
            assert_private(response, response.status_code)


def test_anonymous_users_are_redirected_to_the_login(client: Client) -> None:
    assert_private(client.get("/admin/"), 302)
    login = client.get(reverse("admin:login"))
    assert_private(login, 200)
    assert login.cookies["csrftoken"]["httponly"]


def test_the_session_cookie_is_http_only(client: Client) -> None:
    User.objects.create_superuser("e", "e@example.org", "a-long-password")
    response = client.post(reverse("admin:login"), {"username": "e", "password": "a-long-password"})
    assert_private(response, 302)
    cookie = response.cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_security_headers_with_https(settings: object, sample_archive: SampleArchive) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31536000
    client = Client()
    assert_safe(client.get("/en/"))
    assert client.get("/en/").status_code == 301
    assert_safe(client.get("/en/", headers={"host": "evil.example"}))
    secure = client.get("/en/", secure=True)
    assert secure.status_code == 200
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]
