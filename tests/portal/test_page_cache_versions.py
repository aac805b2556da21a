"""A change is visible at the next request in all workers, even after crashes."""

import multiprocessing
import shutil
import threading

import pytest

from digest.common.cache_version import FILE_NAME, CacheVersionFile
from snz_portal.page_cache import middleware
from tests.portal.wsgi_helpers import Site, get, make_cache, wait_for_worker


@pytest.fixture
def site():
    return Site()


def publish(site, directory, text, is_shared=True):
    site.text, site.version = text, site.version + 1
    if is_shared:
        CacheVersionFile(directory).write(site.version)


def test_a_change_is_visible_at_the_next_request(site, tmp_path):
    cache = make_cache(site, tmp_path, check_interval=3600)
    assert get(cache).text.startswith("first")
    publish(site, tmp_path, "second")
    assert get(cache).text.startswith("second")


def test_a_change_after_a_crash_is_visible_at_the_next_check(site, tmp_path):
    idle, busy = make_cache(site, tmp_path, check_interval=3600), make_cache(site, tmp_path, check_interval=0)
    get(idle), get(busy)
    publish(site, tmp_path, "second", is_shared=False)
    assert get(idle).text.startswith("first")
    assert get(busy).text.startswith("second")
    assert get(idle).text.startswith("second")  # the other worker has written the version


def test_a_worker_started_after_a_crash_serves_no_outdated_page(site, tmp_path):
    get(make_cache(site, tmp_path))
    publish(site, tmp_path, "second", is_shared=False)
    assert get(make_cache(site, tmp_path, check_interval=3600)).text.startswith("second")


def test_a_page_rendered_during_a_change_is_not_cached(site, tmp_path):
    cache = make_cache(site, tmp_path, check_interval=3600)
    site.before_answer = lambda: publish(site, tmp_path, "second")
    assert get(cache).text.startswith("first")  # requested before the change
    site.before_answer = lambda: None
    assert get(cache).text.startswith("second")


def test_pages_are_removed_after_a_restore_of_the_database(site, tmp_path):
    site.version = 50
    cache = make_cache(site, tmp_path)
    get(cache)
    site.version, site.text = 20, "restored"
    assert get(cache).text.startswith("restored")
    publish(site, tmp_path, "later")
    assert get(cache).text.startswith("later")


def test_pages_are_served_while_the_database_is_unavailable(site, tmp_path):
    cache = make_cache(site, tmp_path)
    get(cache)
    site.version = None
    assert get(cache).status == 200
    assert len(site.requests) == 1


def test_a_hanging_database_delays_only_one_request(site, tmp_path, monkeypatch):
    monkeypatch.setattr(middleware, "CHECK_TIMEOUT", 0.05)
    hanging = threading.Event()
    cache = make_cache(lambda e, s: site(e, s), tmp_path, read_version=lambda: hanging.wait(20) and None)
    assert [get(cache).status for _ in range(5)] == [200] * 5
    hanging.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_during_the_check_does_not_affect_the_request(site, tmp_path):
    def broken():
        raise LookupError

    cache = make_cache(lambda e, s: site(e, s), tmp_path, read_version=broken)
    assert [get(cache).status for _ in range(3)] == [200] * 3
    cache._worker._thread.join(5)


def test_pages_are_rendered_again_on_a_new_day(site, tmp_path, monkeypatch):
    cache = make_cache(site, tmp_path)
    get(cache)
    monkeypatch.setattr(middleware, "strftime", lambda _format: "29991231")
    site.text = "new year's eve"
    assert get(cache).text.startswith("new year")
    assert get(make_cache(site, tmp_path)).text.startswith("new year")
    assert len(site.requests) == 2


def test_builds_do_not_share_pages(site, tmp_path):
    get(make_cache(site, tmp_path, build="a"))
    get(make_cache(site, tmp_path, build="b"))
    get(make_cache(site, tmp_path, build="a"))
    assert len(site.requests) == 2


def test_the_folder_may_be_emptied_at_any_time(site, tmp_path):
    cache = make_cache(site, tmp_path)
    get(cache)
    wait_for_worker(cache)
    shutil.rmtree(tmp_path)
    assert get(cache).status == 200
    publish(site, tmp_path, "second")
    assert get(cache).text.startswith("second")


def _serve(directory, pipe):
    """A worker in a process of its own, which returns the page and the number of times it rendered."""
    site = Site()
    site.version = None  # it reads the version only from the shared file
    cache = make_cache(site, directory)
    while (text := pipe.recv()) is not None:
        site.text = text
        pipe.send((get(cache).text, len(site.requests)))


@pytest.fixture
def workers(tmp_path):
    context = multiprocessing.get_context("spawn")
    pipes = []
    for _ in range(2):
        here, there = context.Pipe()
        context.Process(target=_serve, args=(tmp_path, there), daemon=True).start()
        pipes.append(here)
    yield [lambda text, pipe=pipe: (pipe.send(text), pipe.recv())[1] for pipe in pipes]
    for pipe in pipes:
        pipe.send(None)


def test_two_workers_share_pages_and_changes(workers, tmp_path):
    one, two = workers
    number = CacheVersionFile(tmp_path)
    number.write(7)
    assert one("first") == ("first at /en/", 1)
    assert two("other") == ("first at /en/", 0)  # from the folder
    number.write(8)
    assert two("second") == ("second at /en/", 1)
    assert one("other") == ("second at /en/", 1)


def test_workers_that_start_together_use_one_file(tmp_path):
    files = []
    threads = [threading.Thread(target=lambda: files.append(CacheVersionFile(tmp_path))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files[0].write(5)
    assert {file.read() for file in files} == {5}


def test_the_shared_version_only_grows(tmp_path):
    number = CacheVersionFile(tmp_path)
    for written in (3, 9, 4):
        number.write(written)
    assert CacheVersionFile(tmp_path).read() == 9


def test_workers_survive_truncation_of_the_file(workers, tmp_path):
    """Reading a truncated file through a memory map would kill the worker."""
    one, two = workers
    CacheVersionFile(tmp_path).write(7)
    one("first"), two("first")
    (tmp_path / FILE_NAME).write_bytes(b"")
    assert one("second")[0] == two("second")[0] == "second at /en/"
    CacheVersionFile(tmp_path).write(8)
    assert one("third") == ("third at /en/", 3)
    assert two("other") == ("third at /en/", 1)


@pytest.mark.parametrize("left", [b"", b"\x07\0\0"])
def test_a_truncated_file_is_repaired_at_the_next_check(site, tmp_path, left):
    site.version = 5
    cache = make_cache(site, tmp_path)
    get(cache)
    wait_for_worker(cache)
    (tmp_path / FILE_NAME).write_bytes(left)
    assert get(cache).text.startswith("first")
    assert CacheVersionFile(tmp_path).read() == 5


def test_pages_are_not_cached_while_the_file_is_truncated(site, tmp_path):
    cache = make_cache(site, tmp_path, check_interval=3600)
    get(cache)
    (tmp_path / FILE_NAME).write_bytes(b"")
    site.text = "second"
    assert get(cache).text.startswith("second")
    site.text = "third"
    assert get(cache).text.startswith("third")
