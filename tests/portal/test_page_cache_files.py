"""The folder of the page cache: damaged files are ignored, its size is limited, and disk errors are harmless."""

import hashlib
import json
import os
import random
import time

import pytest

from snz_portal.page_cache.files import PageFiles
from snz_portal.page_cache.page import CachedPage
from tests.portal.wsgi_helpers import OLD, PUBLIC, TYPE, Site, get, make_cache

KEY = ("testserver", "http", "/en/", "")
EPOCH = "5-20240101-b"


def make_page(size=9000, seed=1) -> CachedPage:
    return CachedPage.just_rendered([TYPE, PUBLIC, OLD], random.Random(seed).randbytes(size))


@pytest.fixture
def files(tmp_path):
    return PageFiles(tmp_path, limit=1_000_000)


def total(directory) -> int:
    return sum(path.stat().st_size for path in directory.glob("*-*-*/*"))


def test_a_page_is_loaded_as_it_was_saved(files):
    page = make_page()
    page.encodings["br"] = page._encode("br", b"packed")
    files.save(EPOCH, KEY, page)
    back = files.load(EPOCH, KEY)
    for coding in ("", "br"):
        assert back.encodings[coding].headers == page.encodings[coding].headers
        assert back.encodings[coding].body == page.encodings[coding].body
    assert back.last_modified == page.last_modified


@pytest.mark.parametrize("cut", [0, 1, 8, 23, 24, 27, 28, 200, -1])
def test_an_incomplete_file_is_ignored(files, cut):
    files.save(EPOCH, KEY, make_page())
    path = files._path(EPOCH, KEY)
    path.write_bytes(path.read_bytes()[:cut])
    assert files.load(EPOCH, KEY) is None


def test_a_file_with_a_damaged_byte_is_ignored(files):
    files.save(EPOCH, KEY, make_page(size=300))
    path = files._path(EPOCH, KEY)
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert files.load(EPOCH, KEY) is None


def invalid_file(head: bytes, body: bytes = b"<p>") -> bytes:
    """A file with a valid checksum but invalid content."""
    rest = len(head).to_bytes(4, "big") + head + body
    return b"SNZPAGE1" + hashlib.blake2b(rest, digest_size=16).digest() + rest


HEAD = {"key": KEY, "headers": [TYPE, PUBLIC, OLD], "has_weak_date": False, "bodies": [["", 3]]}
SENSELESS = {
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "a deep list": b"[" * 100_000,
    "a number": b"17",
    **{f"without {name}": json.dumps({**HEAD, name: None}).encode() for name in HEAD},
    **{
        f"{name}: {value}": json.dumps({**HEAD, name: value}).encode()
        for name, values in {
            "key": ["testserver", [1, 2]],
            "headers": [
                ["Age"],
                [[1, 2]],
                [["Age", 1]],
                [["A\r\nB", "1"]],
                [["A", "\ud800"]],
                [["", "1"]],
                [[[], {}]],
            ],
            "has_weak_date": ["no", 1],
            "bodies": [
                [],
                [["", -1]],
                [["", "3"]],
                [["", 4]],
                [["", 2]],
                [["x", 3]],
                [[[], 3]],
                [["", True], ["br", 2]],
            ],
        }.items()
        for value in values
    },
}


@pytest.mark.parametrize("head", SENSELESS.values(), ids=SENSELESS.keys())
def test_an_invalid_file_with_a_valid_checksum_is_ignored(files, head):
    files.save(EPOCH, KEY, make_page())
    files._path(EPOCH, KEY).write_bytes(invalid_file(head))
    assert files.load(EPOCH, KEY) is None


def test_a_file_with_valid_metadata_is_a_page(files):
    files.save(EPOCH, KEY, make_page())
    files._path(EPOCH, KEY).write_bytes(invalid_file(json.dumps(HEAD).encode()))
    assert files.load(EPOCH, KEY).bodies == {"": b"<p>"}


def test_a_file_of_another_url_is_ignored(files):
    other = ("testserver", "http", "/en/other/", "")
    files.save(EPOCH, KEY, make_page())
    files._path(EPOCH, KEY).rename(files._path(EPOCH, other))
    assert files.load(EPOCH, other) is None


def test_the_size_of_the_folder_is_limited(files, tmp_path):
    for number in range(300):
        if not files.save(EPOCH, ("h", "http", f"/en/{number}/", ""), make_page(seed=number)):
            files.prune(EPOCH)
        assert total(tmp_path) <= files.limit
    assert total(tmp_path) > files.limit / 2


def test_the_oldest_pages_are_removed_first(files, tmp_path):
    keys = [("h", "http", f"/en/{number}/", "") for number in range(60)]
    for number, key in enumerate(keys):
        files.save(EPOCH, key, make_page(12000))
        os.utime(files._path(EPOCH, key), (number, number))
    files.limit = 500_000
    files.prune(EPOCH)
    kept = [files.load(EPOCH, key) is not None for key in keys]
    assert kept == sorted(kept)
    assert 0 < sum(kept) < 60


def test_earlier_epochs_are_removed_and_a_recent_build_is_kept(files, tmp_path):
    other_build, left = "6-20240101-c", "6-20240101-d"
    for epoch in ("4-20240101-b", EPOCH, "6-20231231-b", "6-20240101-b", other_build, left):
        files.save(epoch, KEY, make_page())
    long_ago = time.time() - 3600
    os.utime(tmp_path / left, (long_ago, long_ago))
    files.prune("6-20240101-b")
    assert sorted(path.name for path in tmp_path.glob("*-*-*")) == ["6-20240101-b", other_build]


def test_files_of_killed_workers_are_counted_and_removed(files, tmp_path):
    files.save(EPOCH, KEY, make_page())
    left = tmp_path / EPOCH / "partial-1"
    left.write_bytes(b"x" * 900_000)
    os.utime(left, (1, 1))
    files.prune(EPOCH)
    assert not left.exists()
    assert files.load(EPOCH, KEY) is not None


def test_only_the_owner_can_read_pages(files, tmp_path):
    files.save(EPOCH, KEY, make_page())
    assert (tmp_path / EPOCH).stat().st_mode & 0o077 == 0
    assert files._path(EPOCH, KEY).stat().st_mode & 0o077 == 0


def test_a_damaged_page_is_rendered_again(tmp_path):
    site = Site()
    page = get(make_cache(site, tmp_path))
    for path in tmp_path.glob("*-*-*/*"):
        path.write_bytes(path.read_bytes()[:-100])
    assert get(make_cache(site, tmp_path)) == page
    assert get(make_cache(site, tmp_path)) == page
    assert len(site.requests) == 2


def test_a_full_disk_is_logged_once_and_harmless(tmp_path, monkeypatch, caplog):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PageFiles, "save", full)
    site = Site()
    cache = make_cache(site, tmp_path)
    assert [get(cache, f"/en/{n}/").status for n in range(3)] == [200] * 3
    assert get(cache, "/en/0/").status == 200
    assert len(site.requests) == 3
    assert len(caplog.records) == 1


def test_without_a_folder_pages_are_not_cached(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    site = Site()
    cache = make_cache(site, tmp_path / "file" / "pages")
    assert [get(cache, HTTP_COOKIE="a=b").status for _ in range(3)] == [200] * 3
    assert [request["HTTP_COOKIE"] for request in site.requests] == ["a=b"] * 3
    assert len(caplog.records) == 1


def test_the_cache_works_once_the_folder_can_be_created(tmp_path):
    (tmp_path / "pages").write_text("in the way")
    site = Site()
    cache = make_cache(site, tmp_path / "pages")
    get(cache)
    (tmp_path / "pages").unlink()
    get(cache), get(cache)
    assert len(site.requests) == 2


def test_memory_is_limited(tmp_path):
    site = Site()
    cache = make_cache(site, tmp_path)
    cache._memory_limit = 100_000
    for number in range(100):
        get(cache, f"/en/{number}/", HTTP_ACCEPT_ENCODING="br")
    epoch = cache._epoch
    assert epoch.size == sum(page.size for page in epoch.pages.values()) <= 100_000
    assert ("testserver", "http", "/en/99/", "") in epoch.pages


def test_a_page_that_is_not_in_memory_is_read_from_the_folder(tmp_path):
    site = Site()
    cache = make_cache(site, tmp_path)
    page = get(cache, HTTP_ACCEPT_ENCODING="br")
    cache._epoch.pages.clear()
    assert get(cache, HTTP_ACCEPT_ENCODING="br") == page
    assert len(site.requests) == 1


def test_the_number_of_remembered_accept_encodings_is_limited(tmp_path):
    cache = make_cache(Site(), tmp_path)
    for number in range(2000):
        get(cache, HTTP_ACCEPT_ENCODING=f"gzip, x-{number}" + "y" * number)
    assert len(cache._codings) <= 256
    assert max(map(len, cache._codings)) <= 500
