"""Invalid URLs get a 404 page in the right language, and never an error."""

from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sample_archive import CODES, SampleArchive, parse_page

pytestmark = pytest.mark.django_db
every_language = pytest.mark.parametrize("code", CODES)
INVALID_HEADS = [
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
INVALID_TAILS = [
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
INVALID_PAGES = [
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


def assert_not_found(client: Client, path: str, code: str, language: str = "") -> None:
    response = client.get(path, headers={"accept-language": language} if language else {})
    assert response.status_code == 404, path[:200]
    assert response.headers["Content-Language"].lower() == code
    page = parse_page(response.content)
    assert page.lang.lower() == code
    assert {f"/{code}/", f"/{code}/issues/", f"/{code}/topics/", f"/{code}/events/"} <= page.internal_paths
    assert page.meta["robots"] == "noindex"
    assert not page.alternates


@pytest.mark.parametrize("tail", INVALID_TAILS)
@every_language
def test_invalid_urls_get_404_in_their_language(
    client: Client, sample_archive: SampleArchive, tail: str, code: str
) -> None:
    assert_not_found(client, f"/{code}/{tail}", code, "fr")


@pytest.mark.parametrize("path", INVALID_HEADS)
def test_urls_without_a_language_get_404_in_the_browsers_language(
    client: Client, sample_archive: SampleArchive, path: str
) -> None:
    for language, code in (("en", "en"), ("zh-CN", "zh-hans"), ("zh-TW", "zh-hant"), ("fr", "zh-hant")):
        assert_not_found(client, path, code, language)


@pytest.mark.parametrize("number", INVALID_PAGES)
@pytest.mark.parametrize("path", LISTS)
@every_language
def test_invalid_page_numbers_get_404(
    client: Client, sample_archive: SampleArchive, path: str, number: str, code: str
) -> None:
    assert_not_found(client, f"/{code}/{path}?page={number}", code, "fr")


@pytest.mark.parametrize(
    "query", ["?x=1", "?page=1", "?page=1&page=1", "?%00=%00", "?utm_source=mail", "?" + "a" * 4000]
)
@pytest.mark.parametrize("path", ["", "issues/", "issues/17/", "sections/news/", "topics/"])
def test_other_query_parameters_are_ignored(
    client: Client, sample_archive: SampleArchive, path: str, query: str
) -> None:
    with_query, plain = client.get(f"/en/{path}{query}"), client.get(f"/en/{path}")
    assert with_query.status_code == 200
    assert parse_page(with_query.content).canonical == parse_page(plain.content).canonical
    assert with_query.content == plain.content


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
def test_no_url_causes_an_error(
    client: Client, sample_archive: SampleArchive, path: str, slash: str, page: str | None
) -> None:
    query = "" if page is None else "?page=" + quote(page.encode("utf-8", "surrogatepass"))
    response = client.get(path + slash + query)
    assert response.status_code in (200, 301, 302, 404)
    assert "Set-Cookie" not in response.headers
