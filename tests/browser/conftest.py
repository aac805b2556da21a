"""Fixtures for browser tests: Chromium and portals with different content."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import selection
from tests.browser.site import Site, running
from tests.selection import SAMPLE

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGES = (
    *("home", "issues", "issue", "partial issue", "bilingual"),
    *("research", "news", "policy", "data", "event", "promoted", "look-back", "paper", "hard"),
    *("section", "second page", "events", "topics", "topic", "collection", "source", "missing"),
)
CODES = ("zh-hant", "zh-hans", "en")
MAIN_LANGUAGE = "en"  # all pages are tested in this language, which has the longest words
PAGES_IN_ALL_LANGUAGES = (
    "home",
    "issue",
    "hard",
)  # these are tested in the other languages too; `make test-full` tests all


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker("browser")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "page_name" in metafunc.fixturenames:
        return  # this module has its own pages and languages
    if {"name", "code"} <= {*metafunc.fixturenames}:
        metafunc.parametrize(("name", "code"), [page_in(name, code) for name in PAGES for code in CODES])
    elif "name" in metafunc.fixturenames:
        metafunc.parametrize("name", PAGES)
    elif "code" in metafunc.fixturenames:
        metafunc.parametrize("code", [*CODES[:1], pytest.param(CODES[1], marks=pytest.mark.full), *CODES[2:]])


def page_in(name: str, code: str) -> Any:
    is_sample = code == MAIN_LANGUAGE or name in PAGES_IN_ALL_LANGUAGES
    return pytest.param(name, code, marks=[] if is_sample else [pytest.mark.full])


def skip_or_fail(what: str) -> None:
    """Skip the test, or fail if SNZ_REQUIRE_BROWSER=1."""
    if os.environ.get("SNZ_REQUIRE_BROWSER") == "1":
        pytest.fail(what)
    pytest.skip(what)


def find_chromium() -> str:
    asked = os.environ.get("CHROMIUM") or os.environ.get("CHROME_PATH")
    return asked or next((found for name in NAMES if (found := shutil.which(name))), "")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    return find_chromium() or skip_or_fail("Chromium not found: install it or set CHROMIUM") or ""


# Not for the whole session: the event loop of Playwright prevents other tests from using Django's ORM.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=arguments)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Path:
    """A folder shared by all workers of this test run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Path:
    """A folder per worker, for portals that tests change or compare before and after."""
    return tmp_path_factory.getbasetemp()


@pytest.fixture(scope="session")
def site(folder: Path) -> Iterator[Site]:
    """The portal with the demo archive."""
    with running(folder / "demo", "tests.browser.fill_demo") as site:
        yield site


@pytest.fixture(scope="session")
def hostile(folder: Path) -> Iterator[Site]:
    """A portal with attack payloads in all texts: all payloads or a sample."""
    with running(folder / "hostile", "tests.browser.fill_hostile", str(1 if selection.is_full else SAMPLE)) as site:
        yield site


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> dict[str, BrowserContext]:
    """Browser contexts by options. They are reused, because creating one takes longer than opening a page."""
    return {}


@pytest.fixture
def open_page(browser: Browser, contexts: dict[str, BrowserContext]) -> Iterator[Callable[..., Page]]:
    """A function that opens a URL in a new page. Keyword arguments are options of the browser context."""
    pages: list[Page] = []

    def open_page(address: str, *, before: Callable[[Page], None] = lambda page: None, **options: object) -> Page:
        key = repr(sorted(options.items()))
        if key not in contexts:
            contexts[key] = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            contexts[key].set_default_timeout(30_000)  # milliseconds
        page = contexts[key].new_page()
        pages.append(page)
        before(page)
        page.goto(address)
        return page

    yield open_page
    for page in pages:
        page.close()
