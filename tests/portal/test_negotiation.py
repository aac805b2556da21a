"""Accept-Encoding, If-None-Match and If-Modified-Since by RFC 9110."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snz_portal.page_cache.negotiation import choose_coding, has_etag, is_unmodified


@pytest.mark.parametrize(
    ("field", "coding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate", ""),
        ("identity", ""),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.2 , gzip ;q=0.8", "gzip"),
        ("gzip;q=0.5, identity", ""),
        ("gzip;q=0.001", "gzip"),
        ("gzip;q=0", ""),
        ("*", "br"),
        ("*;q=0", ""),
        ("*;q=0, gzip", "gzip"),
        ("*, br;q=0", "gzip"),
        ("identity;q=0", ""),
        ("identity;q=0, gzip", "gzip"),
        ("identity;q=0.5, *;q=0", ""),
        ("br;q=1.000", "br"),
        ("br;q=7", ""),
        ("br;q=", ""),
        ("br;level=4", ""),
        (",,gzip,", "gzip"),
    ],
)
def test_the_coding_follows_the_weights(field, coding):
    assert choose_coding(field) == coding


@given(st.text(max_size=80))
def test_any_header_gives_a_supported_coding(field):
    assert choose_coding(field) in ("", "gzip", "br")


@pytest.mark.parametrize("field", ['"a"', 'W/"a"', '"b", "a"', '"b",W/"a"', "*", " * ", '"b" , "a" '])
def test_etags_are_compared_weakly(field):
    assert has_etag(field, '"a"')


@pytest.mark.parametrize("field", ["", "a", '"b"', '"a-br"', 'W/"b"', '"a', "**", '"b", *'])
def test_other_etags_do_not_match(field):
    assert not has_etag(field, '"a"')


def test_a_page_is_unmodified_since_its_own_date_and_later():
    assert is_unmodified("Mon, 01 Jan 2024 00:00:00 GMT", 1704067200)
    assert is_unmodified("Mon, 01 Jan 2024 00:00:01 GMT", 1704067200)
    assert not is_unmodified("Sun, 31 Dec 2023 23:59:59 GMT", 1704067200)
    assert not is_unmodified("soon", 1704067200)
