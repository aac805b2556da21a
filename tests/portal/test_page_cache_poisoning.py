"""Only the URL of a request affects the cached page."""

from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.portal.wsgi_helpers import PUBLIC, TYPE, Site, get, make_cache


class Mirror:
    """A careless application that shows the whole request on a public page."""

    def __init__(self):
        self.requests = []

    def __call__(self, environ, start_response):
        self.requests.append(environ)
        start_response("200 OK", [TYPE, PUBLIC])
        shown = {key: value for key, value in environ.items() if isinstance(value, str)}
        return [repr(sorted(shown.items())).encode(), environ["wsgi.input"].read()]


ODD = {
    "HTTP_COOKIE": "session=evil",
    "HTTP_AUTHORIZATION": "Basic evil",
    "HTTP_ACCEPT_LANGUAGE": "en-evil",
    "HTTP_USER_AGENT": "evil",
    "HTTP_REFERER": "http://evil",
    "HTTP_X_FORWARDED_HOST": "evil",
    "HTTP_X_FORWARDED_PROTO": "evil",
    "HTTP_X_FORWARDED_PREFIX": "/evil",
    "HTTP_X_ORIGINAL_URL": "/evil",
    "HTTP_X_REWRITE_URL": "/evil",
    "HTTP_X_HTTP_METHOD_OVERRIDE": "EVIL",
    "HTTP_FORWARDED": "host=evil",
    "HTTP_RANGE": "bytes=0-evil",
    "HTTP_IF_MODIFIED_SINCE": "evil",
    "HTTP_ACCEPT": "evil/evil",
    "HTTP_ACCEPT_CHARSET": "evil",
    "CONTENT_TYPE": "evil/evil",
    "CONTENT_LENGTH": "4",
    "REMOTE_ADDR": "evil",
    "REMOTE_USER": "evil",
    "SERVER_NAME": "evil",
    "SERVER_PORT": "evil",
    "RAW_URI": "/evil",
    "REQUEST_URI": "/evil",
}


@pytest.mark.parametrize("name", ODD)
def test_no_header_affects_the_page(tmp_path, name):
    mirror = Mirror()
    cache = make_cache(mirror, tmp_path)
    asked_oddly = get(cache, **{name: ODD[name]})
    assert b"evil" not in asked_oddly.body
    assert get(cache) == asked_oddly
    assert len(mirror.requests) == 1


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.from_regex(r"(HTTP|REMOTE|SERVER|CONTENT|X)_[A-Z_]{1,20}", fullmatch=True).filter(
            lambda n: n not in ("HTTP_HOST", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH")
        ),
        st.text(max_size=20),
    )
)
def test_no_random_headers_change_the_page(tmp_path, headers):
    plain = get(make_cache(Mirror(), tmp_path / "plain"))
    cache = make_cache(Mirror(), tmp_path / f"{abs(hash(frozenset(headers.items())))}")
    assert get(cache, **headers).body == plain.body


def test_the_body_of_a_get_request_is_ignored(tmp_path):
    cache = make_cache(Mirror(), tmp_path)
    assert b"evil" not in get(cache, **{"wsgi.input": BytesIO(b"evil"), "CONTENT_LENGTH": "4"}).body


ODD_QUERIES = [
    "q=1",
    "page=",
    "page=0",
    "page=01",
    "page=12345",
    "page=1&q=2",
    "utm_source=x",
    "page=１",
    "page=1\n",
    "&",
]


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_unknown_queries_are_not_cached(tmp_path, query):
    site = Site()
    cache = make_cache(site, tmp_path)
    for _ in range(2):
        get(cache, query=query, HTTP_COOKIE="a=b")
    assert [request.get("HTTP_COOKIE") for request in site.requests] == ["a=b", "a=b"]
    assert not list(tmp_path.glob("*-*-*/*"))


def test_pages_of_a_list_are_cached_separately(tmp_path):
    site = Site()
    cache = make_cache(site, tmp_path)
    for query in ("", "page=2", "page=9999") * 2:
        get(cache, query=query)
    assert [request["QUERY_STRING"] for request in site.requests] == ["", "page=2", "page=9999"]


@pytest.mark.parametrize("host", ["evil", "testserver:81", "TESTSERVER", "testserver.", "testserver, evil", "", None])
def test_unlisted_hosts_are_not_cached(tmp_path, host):
    site = Site()
    cache = make_cache(site, tmp_path)
    get(cache)
    for _ in range(2):
        environ = {"HTTP_COOKIE": "a=b"} | ({"HTTP_HOST": host} if host is not None else {"HTTP_HOST": ""})
        get(cache, **environ)
    assert [request.get("HTTP_COOKIE") for request in site.requests] == [None, "a=b", "a=b"]


def test_hosts_do_not_share_pages(tmp_path):
    mirror = Mirror()
    cache = make_cache(mirror, tmp_path, hosts=["one.example", "two.example"])
    assert get(cache, HTTP_HOST="one.example").body != get(cache, HTTP_HOST="two.example").body
    assert b"two" not in get(cache, HTTP_HOST="one.example").body


def test_the_forwarded_scheme_is_used_only_from_a_trusted_proxy(tmp_path):
    for trusts, schemes in ((False, ["http"]), (True, ["http", "https"])):
        mirror = Mirror()
        cache = make_cache(mirror, tmp_path / str(trusts), trusts_proxy=trusts)
        get(cache)
        get(cache, HTTP_X_FORWARDED_PROTO="https")
        get(cache, HTTP_X_FORWARDED_PROTO="https")
        assert [request["wsgi.url_scheme"] for request in mirror.requests] == schemes


def test_an_invalid_forwarded_scheme_is_not_cached(tmp_path):
    site = Site()
    cache = make_cache(site, tmp_path, trusts_proxy=True)
    for _ in range(2):
        get(cache, HTTP_X_FORWARDED_PROTO="https, http")
    assert len(site.requests) == 2


def test_requests_with_a_script_name_are_not_cached(tmp_path):
    site = Site()
    cache = make_cache(site, tmp_path)
    for _ in range(2):
        get(cache)
        get(cache, SCRIPT_NAME="/evil")
    assert [request["SCRIPT_NAME"] for request in site.requests] == ["", "/evil", "/evil"]


def test_urls_with_quoted_characters_are_cached_separately(tmp_path):
    cache = make_cache(Mirror(), tmp_path)
    assert get(cache, "/en/?page=2").body != get(cache, "/en/", query="page=2").body
    assert get(cache, "/en/\n").body != get(cache, "/en/").body
