"""Odd addresses get a page that says so, in the right language, and never a fault."""

from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.portal.reading_room import CODES, Room, read

pytestmark = pytest.mark.django_db
every_language = pytest.mark.parametrize("code", CODES)
ODD_HEADS = [
    "/zh-TW/",
    "/zh-Hant/",
    "/EN/",
    "/en-gb/",
    "/fr/",
    "/zh/",
    "/./",
    "/%2e%2e/",
    "/%00",
    "/%ff/",
]
ODD_TAILS = [
    *("/", "issues//", "issues/17//", "issues/017/"),
    *("issues/99/", "issues/0/", "issues/17-0/", "issues/13-/", "issues/-1/", "issues/17.0/", "issues/１７/"),
    *("issues/99999999999999999999/", "issues/17/bilingual/more/", "issues/17/x", "issues/13-2-1/", "issues/17%0a/"),
    *("items/0/", "items/99999999/", "items/-1/", "items/abc/", "items/1e3/", "items/１/", f"items/{'9' * 30}/"),
    *("sections/event/", "sections/none/", "sections/News/", "events/2024/", "topics/nothing/"),
    *("topics/%00/", "topics/%ff%fe/", "topics/a%2fb/", "topics/%ed%a0%80/", "topics/%F0%9F%8C%BE/"),
    *("sources/nobody/", "sources/%00/", "sources/%20/"),
    *(f"topics/{'x' * 5000}/", f"sources/{quote('稻' * 500)}/"),
    *("search.php?id=1'--", "wp-login.php", ".env", "issues/17/%22onload="),
]  # fmt: skip
LISTS = ["issues/", "sections/news/", "events/"]
ODD_PAGES = [
    "0",
    "abc",
    "-1",
    "1.5",
    "99999",
    "9999",
    "2",
    "",
    "１",
    "²",
    "%00",
    "1%00",
    "+1",
    "1e2",
    "1' OR 1=1--",
    "9" * 5000,
]


def assert_kindly_refused(client: Client, path: str, code: str, language: str = "") -> None:
    response = client.get(path, headers={"accept-language": language} if language else {})
    assert response.status_code == 404, path[:200]
    assert response.headers["Content-Language"].lower() == code
    page = read(response.content)
    assert page.lang.lower() == code
    assert {f"/{code}/", f"/{code}/issues/", f"/{code}/topics/", f"/{code}/events/"} <= page.inner
    assert page.meta["robots"] == "noindex"
    assert not page.twins


@pytest.mark.parametrize("tail", ODD_TAILS)
@every_language
def test_an_odd_address_is_refused_in_its_language(client: Client, archive: Room, tail: str, code: str) -> None:
    assert_kindly_refused(client, f"/{code}/{tail}", code, "fr")


@pytest.mark.parametrize("path", ODD_HEADS)
def test_an_address_without_a_language_is_refused_in_the_browsers(client: Client, archive: Room, path: str) -> None:
    for language, code in (("en", "en"), ("zh-CN", "zh-hans"), ("zh-TW", "zh-hant"), ("fr", "zh-hant")):
        assert_kindly_refused(client, path, code, language)


@pytest.mark.parametrize("number", ODD_PAGES)
@pytest.mark.parametrize("path", LISTS)
@every_language
def test_an_odd_page_of_a_list_is_refused(client: Client, archive: Room, path: str, number: str, code: str) -> None:
    assert_kindly_refused(client, f"/{code}/{path}?page={number}", code, "fr")


@pytest.mark.parametrize(
    "query", ["?x=1", "?page=1", "?page=1&page=1", "?%00=%00", "?utm_source=mail", "?" + "a" * 4000]
)
@pytest.mark.parametrize("path", ["", "issues/", "issues/17/", "sections/news/", "topics/"])
def test_what_else_is_asked_changes_nothing(client: Client, archive: Room, path: str, query: str) -> None:
    odd, plain = client.get(f"/en/{path}{query}"), client.get(f"/en/{path}")
    assert odd.status_code == 200
    assert read(odd.content).canonical == read(plain.content).canonical
    assert odd.content == plain.content


SEGMENTS = st.one_of(
    st.sampled_from(
        ["en", "zh-hant", "zh-hans", "issues", "items", "topics", "sources", "sections", "events", "17", "13-2"]
    ),
    st.sampled_from(["bilingual", "news", "pictures", "admin", "static", "..", ".", "", "%00", "%2e", "%2f", "%ff"]),
    st.text(max_size=12).map(lambda text: quote(text.encode("utf-8", "surrogatepass"))),
)
PATHS = st.lists(SEGMENTS, max_size=6).map(lambda parts: "/" + "/".join(parts))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=PATHS, slash=st.sampled_from(["", "/"]), page=st.one_of(st.none(), st.text(max_size=6)))
def test_no_address_makes_a_fault(client: Client, archive: Room, path: str, slash: str, page: str | None) -> None:
    query = "" if page is None else "?page=" + quote(page.encode("utf-8", "surrogatepass"))
    response = client.get(path + slash + query)
    assert response.status_code in (200, 301, 302, 404)
    assert "Set-Cookie" not in response.headers
