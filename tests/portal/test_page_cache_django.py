"""The page cache in front of the portal."""

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import Error, close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from digest.archive import authoring
from digest.archive.models import CacheVersion
from snz_portal import wsgi
from tests.factories import announce_change
from tests.portal.wsgi_helpers import get, make_cache
from tests.sample_archive import CODES, PAGES


@pytest.fixture
def portal(db):
    """Django behind a cache that reads the version only from the shared file, on the test's own connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield make_cache(WSGIHandler(), settings.PAGE_STORE_DIR, read_version=lambda: None)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def published(editable_archive, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        announce_change(editable_archive.items.values(), [editable_archive.issue])
    return editable_archive


def ask(portal, path, **extra):
    """Return a page and its number of queries."""
    with CaptureQueriesContext(connection) as queries:
        response = get(portal, path, **extra)
    return response, len(queries)


@pytest.mark.parametrize("code", CODES)
def test_cached_pages_need_no_queries(published, portal, code):
    for name in PAGES:
        path = f"/{code}/{published.paths()[name]}"
        first, _queries = ask(portal, path)
        again, queries = ask(portal, path, HTTP_COOKIE="sessionid=1", HTTP_ACCEPT_LANGUAGE="de")
        assert (first.status, queries) == (200, 0), path
        assert again == first
        assert "set-cookie" not in first.headers
        assert first.headers["vary"] == "Accept-Encoding"


def test_cached_pages_have_djangos_headers(published, portal, client):
    path = "/en/issues/17/"
    ours, djangos = get(portal, path), client.get(path)
    theirs = {name.lower(): value for name, value in djangos.headers.items()}
    for name in theirs.keys() - {"etag", "vary", "last-modified"}:
        assert ours.headers[name] == theirs[name]
    assert ours.body == djangos.content


def test_a_change_is_visible_at_the_next_request(published, portal, django_capture_on_commit_callbacks):
    item = published.items["news"]
    assert "newly found" not in get(portal, "/en/issues/17/").text
    with django_capture_on_commit_callbacks(execute=True):
        row = item.translations.get(language="en")
        row.title = "A newly found title"
        row.save(update_fields=["title"])
        announce_change([item])
    for path in ("/en/issues/17/", f"/en/items/{item.pk}/", "/en/", "/en/sections/news/"):
        assert "newly found" in get(portal, path).text, path


def test_a_withdrawn_issue_is_gone_at_the_next_request(published, portal, django_capture_on_commit_callbacks):
    assert get(portal, "/en/issues/17/").status == 200
    with django_capture_on_commit_callbacks(execute=True):
        authoring.withdraw_issue(published.issue)
    assert get(portal, "/en/issues/17/").status == 404


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/healthz", "/robots.txt", "/en/nowhere/", "/en/issues/99/"])
def test_other_pages_are_not_cached(published, portal, path):
    before = dict(portal._epoch.pages)
    assert get(portal, path) is not None
    assert portal._epoch.pages == before


def test_the_root_url_follows_the_browsers_language(published, portal):
    for language, code in (("en", "en"), ("zh-CN", "zh-hans"), ("zh-TW", "zh-hant"), ("en", "en")):
        answer = get(portal, "/", HTTP_ACCEPT_LANGUAGE=language)
        assert answer.headers["location"] == f"/{code}/"


def test_cached_bodies_are_immutable(published, portal):
    answer = get(portal, "/en/", "POST")
    assert answer.status in (403, 405)
    assert get(portal, "/en/").status == 200


@pytest.mark.django_db(transaction=True)
def test_the_version_is_read_from_the_database():
    assert wsgi.read_cache_version() == 1
    CacheVersion.increment()
    first = wsgi.read_cache_version()
    CacheVersion.increment()
    assert 1 < first < wsgi.read_cache_version()


@pytest.mark.django_db(transaction=True)
def test_there_is_no_version_if_the_database_fails(monkeypatch):
    def fail():
        raise Error

    monkeypatch.setattr(CacheVersion, "current", fail)
    assert wsgi.read_cache_version() is None


def test_pages_are_cached_for_full_host_names(settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://a.example", ["a.example", "b.example", ".c.example", "*"]
    assert wsgi.cached_hosts() == {"a.example", "b.example"}
    settings.SITE_URL, settings.ALLOWED_HOSTS = "http://127.0.0.1:8123", ["127.0.0.1", "localhost"]
    assert wsgi.cached_hosts() == {"127.0.0.1:8123", "127.0.0.1", "localhost", "localhost:8123"}


def test_the_build_fingerprint_depends_on_page_settings(settings):
    before = wsgi.build_fingerprint()
    assert before == wsgi.build_fingerprint()
    settings.CONTACT_EMAIL = "others@digest.test"
    assert wsgi.build_fingerprint() != before
