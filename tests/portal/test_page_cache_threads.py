"""Threads, crashes and restarts in any order: outdated pages are never served."""

import contextlib
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from digest.common.cache_version import CacheVersionFile
from tests.portal.wsgi_helpers import Site, get, make_cache, wait_for_worker

PATHS = [f"/en/{number}/" for number in range(5)]


class Numbers(Site):
    """An application whose pages show their version. Commit and writing the shared version are separate steps."""

    def __init__(self):
        super().__init__()
        self.text = "1"

    def publish(self, file):
        self.version += 1
        self.text = str(self.version)  # committed
        file.write(self.version)  # shared


def test_no_thread_gets_a_page_older_than_the_shared_version(tmp_path):
    site, file = Numbers(), CacheVersionFile(tmp_path)
    cache = make_cache(site, tmp_path)
    done = threading.Event()

    def read(path):
        while not done.is_set():
            for coding in ("br", "gzip", ""):
                announced = file.read()
                shown = int(get(cache, path, HTTP_ACCEPT_ENCODING=coding).text.split()[0])
                assert shown >= announced
        return True

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            readers = [pool.submit(read, path) for path in PATHS[:3] * 2]
            for _ in range(150):
                site.publish(file)
                get(cache, PATHS[0])
            done.set()
            assert all(reader.result() for reader in readers)
    finally:
        done.set()
        sys.setswitchinterval(interval)


class Life(RuleBasedStateMachine):
    """Two workers with one folder. Changes may crash between commit and writing the version, workers at any time."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.directory = Path(self.folder.name)
        self.site = Numbers()
        self.file = CacheVersionFile(self.directory)
        self.minimum = 0  # readers must see at least this version
        self.caches = [self.make(3600), self.make(3600)]

    def make(self, check_interval):
        return make_cache(self.site, self.directory, check_interval=check_interval)

    @rule()
    def publish(self):
        self.site.publish(self.file)
        self.minimum = self.site.version

    @rule()
    def commit_and_crash(self):
        self.site.version += 1
        self.site.text = str(self.site.version)

    @rule(late=st.integers(1, 3))
    def announce_late(self, late):
        self.file.write(self.site.version - late)

    @rule(worker=st.sampled_from([0, 1]))
    def look(self, worker):
        self.caches[worker]._next_check = 0.0
        get(self.caches[worker])
        self.minimum = self.site.version

    @rule(worker=st.sampled_from([0, 1]))
    def kill_and_restart(self, worker):
        wait_for_worker(self.caches[worker])
        self.caches[worker] = self.make(3600)
        get(self.caches[worker])
        self.minimum = self.site.version

    @rule(worker=st.sampled_from([0, 1]), path=st.sampled_from(PATHS), coding=st.sampled_from(["", "gzip", "br"]))
    def read(self, worker, path, coding):
        shown = int(get(self.caches[worker], path, HTTP_ACCEPT_ENCODING=coding).text.split()[0])
        assert self.minimum <= shown <= self.site.version

    @rule(worker=st.sampled_from([0, 1]), path=st.sampled_from(PATHS))
    def read_across_a_publication(self, worker, path):
        self.site.before_answer = self.publish
        get(self.caches[worker], path)
        self.site.before_answer = lambda: None

    @rule(path=st.sampled_from(PATHS))
    def revalidate(self, path):
        page = get(self.caches[0], path)
        again = get(self.caches[1], path, HTTP_IF_NONE_MATCH=page.headers["etag"])
        assert again.status == 304 or again.body != page.body

    @rule()
    def tear_files(self):
        with contextlib.suppress(FileNotFoundError):  # pruned meanwhile
            for path in self.directory.glob("*-*-*/*"):
                path.write_bytes(path.read_bytes()[:-3])

    @invariant()
    def the_number_never_runs_ahead(self):
        assert self.file.read() <= self.site.version

    def teardown(self):
        for cache in self.caches:
            wait_for_worker(cache)
        self.folder.cleanup()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
