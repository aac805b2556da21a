"""The subscription pages in a browser: accessibility, layout, size, and the whole process (F3)."""

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CODES, MAIN_LANGUAGE
from tests.browser.site import Site, running
from tests.browser.test_every_page import SEEN, TOO_WIDE, WIDTHS, found_by_axe
from tests.browser.test_server import KILOBYTE, OTHERS

PAGES = (
    *("subscribe", "link", "confirm", "already confirmed", "not me", "preferences", "preferences of one who left"),
    *("erase", "new address", "one click", "one click, left", "a link that does not work"),
)
PAGES_IN_ALL_LANGUAGES = ("subscribe", "preferences")  # tested in all languages
every_page = pytest.mark.parametrize("page_name", PAGES)


@pytest.fixture(scope="module")
def subscribers(folder: Path, own_folder: Path) -> Iterator[Site]:
    shared = folder / "all-subscribers"
    with running(own_folder / "subscribers", "tests.browser.fill_subscribers", copy_of=shared) as site:
        yield site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def rows(folder: Path) -> list[tuple[object, ...]]:
    """Return all data of subscribers."""
    with sqlite3.connect(f"file:{folder / 'subscribers' / 'portal.sqlite3'}?mode=ro", uri=True) as database:
        tables = ("subscriber", "consentevent", "notice", "suppression")
        return [row for name in tables for row in database.execute(f"SELECT * FROM subscriptions_{name}")]  # noqa: S608


@pytest.mark.parametrize(
    ("page_name", "code"),
    [
        pytest.param(
            name, code, marks=[] if code == MAIN_LANGUAGE or name in PAGES_IN_ALL_LANGUAGES else [pytest.mark.full]
        )
        for name in PAGES
        for code in CODES
    ],
)
def test_axe_finds_nothing(subscribers: Site, page: Page, page_name: str, code: str) -> None:
    page.goto(subscribers.address(page_name, code))
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert found_by_axe(page, "light", 1280) == []
    assert found_by_axe(page, "dark", 390, SEEN) == []


@every_page
def test_layout_and_size(subscribers: Site, page: Page, page_name: str) -> None:
    address = subscribers.address(page_name, "zh-hant")
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TOO_WIDE) == [], width
    # Not compressed, because the page contains user input and a secret (BREACH).
    style = page.locator("link[rel=stylesheet]").get_attribute("href")
    paths = (page.url.removeprefix(subscribers.url), style)
    sizes = [len(subscribers.fetch(path, accept_encoding="gzip")[2]) for path in paths]
    assert sum(sizes) <= OTHERS * KILOBYTE


def test_f3_opening_every_page_changes_nothing(subscribers: Site, page: Page, own_folder: Path) -> None:
    before = rows(own_folder)
    for name in PAGES:
        page.goto(subscribers.address(name, "en"), wait_until="networkidle")
    assert rows(own_folder) == before


def test_subscribing_from_the_home_page_without_cookies(subscribers: Site, page: Page, own_folder: Path) -> None:
    before = len(rows(own_folder))
    page.goto(f"{subscribers.url}/en/")
    page.get_by_label("Your email address").fill("new@orchard.example")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_label("Your email address")).to_have_value("new@orchard.example")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    assert page.context.cookies() == []
    assert len(rows(own_folder)) == before + 3  # the subscriber, the event, the notice


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A phone with a dark colour scheme and without scripts."""
    phone = {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"}
    context = browser.new_context(java_script_enabled=False, locale="en", **phone)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


TAGS = {"zh-hant": "zh-Hant", "zh-hans": "zh-Hans", "en": "en"}


def press(page: Page, selector: str, code: str) -> None:
    """Press a button, and check that the next page is in the same language and sets no cookie."""
    page.locator(selector).click()
    assert page.locator("html").get_attribute("lang") == TAGS[code]
    assert page.context.cookies() == []


def test_subscribing_and_unsubscribing_without_scripts(subscribers: Site, plain: Page, code: str) -> None:
    plain.goto(subscribers.address(f"to press, {code}", code))
    press(plain, "main form button", code)  # confirm
    plain.locator("main a[href*=preferences]").click()
    plain.locator("#paused-until").fill("1999-01-01")
    plain.locator("input[value=data]").uncheck()
    press(plain, "button[value=save]", code)
    assert plain.locator("#pause-error").is_visible() and not plain.locator("input[value=data]").is_checked()
    plain.locator("#paused-until").fill("")
    press(plain, "button[value=save]", code)
    assert plain.locator("button[name=section]").count() == 4
    press(plain, "button[name=section][value=news]", code)
    assert plain.locator("button[name=section]").count() == 3
    press(plain, "button[value=leave]", code)
    assert plain.locator("button[value=come-back]").is_visible()


def test_an_invalid_address_is_reported_in_the_language_of_the_page(subscribers: Site, plain: Page, code: str) -> None:
    plain.goto(f"{subscribers.url}/{code}/")
    plain.locator("input[name=address]").fill("anna@b")
    press(plain, ".short-form button", code)
    assert plain.locator("#address-error").is_visible()
    assert plain.locator("#address").input_value() == "anna@b"
    assert plain.locator("#mail-language").input_value() == code


@pytest.mark.parametrize("slash", ["/", ""])
def test_f2_one_click_over_http_1_0_ends_without_a_redirect(subscribers: Site, slash: str) -> None:
    host, _colon, port = subscribers.url.removeprefix("http://").partition(":")
    path = subscribers.address("one click, left", "en").partition("..")[2].rstrip("/") + slash
    body = "List-Unsubscribe=One-Click"
    kind = "application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall((head + body).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    first, _line, rest = answer.partition("\r\n")
    headers = rest.partition("\r\n\r\n")[0].lower()
    assert " 200" in first and "set-cookie" not in headers and "\nlocation:" not in headers


def test_the_form_works_with_the_keyboard_alone(subscribers: Site, page: Page) -> None:
    page.goto(f"{subscribers.url}/en/subscribe/")
    page.get_by_label("Your email address").press_sequentially("keys@orchard.example", delay=120)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    assert page.context.cookies() == []
