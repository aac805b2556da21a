"""Responses of the page cache and their headers."""

import time
from email.utils import formatdate
from wsgiref.validate import validator

import pytest

from tests.portal.wsgi_helpers import OLD, PUBLIC, SAFETY, TYPE, Site, get, make_cache, make_environ


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def cache(site, tmp_path):
    return make_cache(site, tmp_path)


def test_a_public_page_is_rendered_once(site, cache):
    assert [get(cache).text for _ in range(3)] == ["first at /en/"] * 3
    assert len(site.requests) == 1
    assert site.closed == 1


def test_the_cache_complies_with_wsgi(site, tmp_path):
    cache = validator(make_cache(validator(site), tmp_path))
    for path in ("/en/", "/en/", "/admin/"):
        assert get(cache, path).status == 200


def test_all_headers_are_cached(cache):
    miss, hit = get(cache), get(cache)
    assert miss == hit
    for name, value in (*SAFETY, PUBLIC, OLD, TYPE, ("Vary", "Accept-Encoding")):
        assert hit.headers[name.lower()] == value
    assert hit.headers["content-length"] == str(len(hit.body))


@pytest.mark.parametrize(("accepted", "coding"), [("br", "br"), ("gzip", "gzip"), ("br;q=0,gzip", "gzip")])
def test_each_coding_is_made_once_and_has_its_own_etag(site, cache, accepted, coding):
    plain, packed = get(cache), get(cache, HTTP_ACCEPT_ENCODING=accepted)
    assert packed.headers["content-encoding"] == coding
    assert packed.text == plain.text
    assert packed.headers["etag"] != plain.headers["etag"]
    assert not packed.headers["etag"].startswith("W/")
    assert packed.headers["content-length"] == str(len(packed.body))
    assert len(packed.body) < len(plain.body)
    assert len(site.requests) == 1


def test_a_page_that_cannot_be_compressed_is_sent_uncompressed(tmp_path):
    def app(environ, start_response):
        start_response("200 OK", [TYPE, PUBLIC])
        return [b"x"]

    response = get(make_cache(app, tmp_path), HTTP_ACCEPT_ENCODING="br")
    assert response.body == b"x"
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_head_has_the_same_headers_and_no_body(cache, coding):
    for path in ("/en/first-asked-by-head/", "/en/"):
        head = get(cache, path, "HEAD", HTTP_ACCEPT_ENCODING=coding)
        page = get(cache, path, HTTP_ACCEPT_ENCODING=coding)
        assert head.body == b""
        assert head.headers == page.headers


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_matching_etag_gets_304_with_headers_for_caches(cache, coding, form):
    page = get(cache, HTTP_ACCEPT_ENCODING=coding)
    known = form.format(page.headers["etag"])
    answer = get(cache, HTTP_ACCEPT_ENCODING=coding, HTTP_IF_NONE_MATCH=known)
    assert (answer.status, answer.body) == (304, b"")
    for name in ("etag", "cache-control", "vary", "content-security-policy", "x-frame-options"):
        assert answer.headers[name] == page.headers[name]
    assert not answer.headers.keys() & {"content-length", "content-encoding", "content-type"}


def test_304_is_sent_for_a_page_that_was_not_cached(cache):
    assert get(cache, HTTP_IF_NONE_MATCH="*").status == 304


def test_the_etag_of_another_coding_does_not_match(cache):
    etag = get(cache, HTTP_ACCEPT_ENCODING="gzip").headers["etag"]
    assert get(cache, HTTP_IF_NONE_MATCH=etag).status == 200


def test_the_date_is_used_only_without_an_etag(cache):
    assert get(cache, HTTP_IF_MODIFIED_SINCE=OLD[1]).status == 304
    assert get(cache, HTTP_IF_MODIFIED_SINCE=OLD[1], HTTP_IF_NONE_MATCH='"other"').status == 200
    assert get(cache, HTTP_IF_MODIFIED_SINCE="Sun, 31 Dec 2023 23:59:59 GMT").status == 200


def test_a_page_modified_in_this_second_ignores_if_modified_since(site, cache):
    now = formatdate(time.time(), usegmt=True)
    site.headers = [TYPE, PUBLIC, ("Last-Modified", now)]
    assert get(cache, HTTP_IF_MODIFIED_SINCE=now).status == 200


def test_range_requests_get_the_whole_page(cache):
    whole = get(cache)
    assert get(cache, HTTP_RANGE="bytes=0-3", HTTP_IF_RANGE=whole.headers["etag"]) == whole


def test_servers_may_change_header_lists(cache):
    def spoiling(status, headers):
        headers.clear()

    get(cache)
    cache(make_environ(), spoiling).clear()
    cache(make_environ(HTTP_IF_NONE_MATCH="*"), spoiling)
    assert get(cache).text == "first at /en/"
    assert get(cache, HTTP_IF_NONE_MATCH="*").headers["etag"]


PRIVATE = [
    [TYPE],
    [TYPE, ("Cache-Control", "private, public")],
    [TYPE, ("Cache-Control", "public, no-store")],
    [TYPE, ("Cache-Control", "max-age=60")],
    [TYPE, PUBLIC, ("Set-Cookie", "a=b")],
    [TYPE, PUBLIC, ("Vary", "Cookie")],
    [TYPE, PUBLIC, ("Vary", "Accept-Encoding"), ("Vary", "Accept-Language")],
    [TYPE, PUBLIC, ("Vary", "*")],
    [TYPE, PUBLIC, ("Content-Encoding", "gzip")],
]


@pytest.mark.parametrize("headers", PRIVATE)
def test_private_responses_are_not_cached(site, cache, headers):
    site.headers = headers
    before = get(cache)
    site.text = "second"
    assert get(cache).body != before.body
    assert len(site.requests) == 2


@pytest.mark.parametrize("status", ["404 Not Found", "301 Moved", "206 Partial Content", "500 Internal Server Error"])
def test_only_status_200_is_cached(site, cache, status):
    site.status = status
    assert get(cache).status == int(status[:3])
    assert get(cache, method="HEAD").body == b""
    assert len(site.requests) == 2
    assert site.closed == 2


def test_a_very_long_page_is_not_cached(tmp_path):
    closed = []

    class Long(list):
        def close(self):
            closed.append(True)

    def app(environ, start_response):
        start_response("200 OK", [TYPE, PUBLIC])
        return Long([b"x" * 2**20] * 6)

    cache = make_cache(app, tmp_path)
    assert len(get(cache).body) == 6 * 2**20
    assert get(cache, method="HEAD").body == b""
    assert len(closed) == 2
    assert not list(tmp_path.glob("*-*-*/*"))


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/en/"), ("DELETE", "/en/"), ("GET", "/"), ("GET", "/admin/"), ("HEAD", "/en")]
)
def test_other_methods_and_urls_go_to_django_unchanged(site, cache, method, path):
    for _ in range(2):
        get(cache, path, method, HTTP_COOKIE="session=1", HTTP_ACCEPT_LANGUAGE="en")
    assert [request["HTTP_COOKIE"] for request in site.requests] == ["session=1"] * 2


def test_a_post_to_a_cached_url_goes_to_django(site, cache):
    get(cache)
    get(cache, method="POST", HTTP_COOKIE="a=b")
    assert site.requests[-1]["REQUEST_METHOD"] == "POST"
    assert site.requests[-1]["HTTP_COOKIE"] == "a=b"


def test_an_error_in_the_application_is_raised(tmp_path):
    def app(environ, start_response):
        raise LookupError("broken")

    with pytest.raises(LookupError):
        get(make_cache(app, tmp_path))
