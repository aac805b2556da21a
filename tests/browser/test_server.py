"""Responses of the real server: sizes of pages, headers of pages and static files, and invalid requests."""

import gzip
import http.client
import re
from urllib.parse import urlsplit

import brotli
import pytest

from tests.browser.site import Site

KILOBYTE = 1000
LARGE_PAGES = {"issue": 60, "bilingual": 60}  # issue 17 is large
OTHERS = 30
DECODERS = {"gzip": gzip.decompress, "br": brotli.decompress}


def weight(site: Site, address: str, coding: str) -> int:
    """Return the bytes of a page with its style sheets and scripts, without pictures."""
    status, headers, body = site.fetch(address.removeprefix(site.url), accept_encoding=coding)
    assert headers.get("content-encoding") == coding or (status == 404 and len(body) < 10 * KILOBYTE)
    html = (DECODERS[coding](body) if "content-encoding" in headers else body).decode()
    parts = re.findall(r'<link rel="stylesheet" href="([^"]+)"|<script src="([^"]+)"', html)
    assert parts
    return len(body) + sum(len(site.fetch(css or script, accept_encoding=coding)[2]) for css, script in parts)


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_the_size_of_a_page(site: Site, coding: str, name: str, code: str) -> None:
    assert weight(site, site.address(name, code), coding) <= LARGE_PAGES.get(name, OTHERS) * KILOBYTE


def test_a_cached_page_equals_djangos_page(site: Site, name: str, code: str) -> None:
    path = site.address(name, code).removeprefix(site.url)
    first, second = site.fetch(path), site.fetch(path)
    assert first[0] == second[0] and first[2] == second[2]
    kept = ("content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy")
    more = ("permissions-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "cache-control")
    for header in (*kept, *more, "content-language", "content-type"):
        assert first[1][header] == second[1][header], header
    for headers in (first[1], second[1]):
        assert "set-cookie" not in headers
        assert "cookie" not in headers.get("vary", "").lower()
    if name != "missing":
        assert site.fetch(path, if_none_match=second[1]["etag"])[0] == 304


def test_static_files_are_compressed_and_cacheable(site: Site) -> None:
    html = site.fetch("/en/")[2].decode()
    for path in re.findall(r'(?:href|content)="[^"]*?(/static/[^"]+)"', html):
        _status, headers, _body = site.fetch(path, accept_encoding="br")
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "immutable" in headers["cache-control"]
        assert headers.get("content-encoding") == "br" or path.endswith(".png")


@pytest.mark.parametrize(
    "path", ["//", "//en/", "//evil.example/", "/en//evil.example/..", "/\\evil.example", "/en/../..", "*"]
)
def test_invalid_request_lines_are_rejected(site: Site, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status in (400, 404), answer.status
    assert not answer.headers.get("Location")
    connection.close()
