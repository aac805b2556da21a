"""Opening all links of all emails in a browser with scripts, as scanners do, changes nothing (F3)."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.site import Site, running
from tests.browser.write_mails import LANGUAGES, NOTICES
from tests.mailing.email_checker import PERSONAL

KINDS = ("issue", "round-up", *NOTICES)
# Each kind of email in one language: links differ only in the language prefix.
CASES = [
    pytest.param(
        kind,
        language,
        marks=[] if number % len(LANGUAGES) == place else [pytest.mark.full],
    )
    for number, kind in enumerate(KINDS)
    for place, language in enumerate(LANGUAGES)
]
MADE_AT = "http://127.0.0.1:8000"  # the URL of the portal when it sent the emails; it is served at another one
opened: set[str] = set()  # public pages are opened only once


@pytest.fixture(scope="module")
def portal(folder: Path, own_folder: Path) -> Iterator[Site]:
    """A portal that has sent all kinds of email in all languages."""
    with running(own_folder / "mails", "tests.browser.fill_mails", copy_of=folder / "all-mails") as site:
        yield site


@pytest.fixture(scope="module")
def page(browser: Browser, portal: Site) -> Iterator[Page]:
    context = browser.new_context(locale="en")
    context.route(lambda url: not url.startswith(portal.url), lambda route: route.abort())
    yield context.new_page()
    context.close()


def links_of(portal: Site, kind: str, language: str) -> list[str]:
    """Return links of an email to the portal, without fragments."""
    links = portal.facts["links"][f"{kind}.{language}@farm.example"]
    ours = {link.partition("#")[0] for link in links if link.startswith(MADE_AT)}
    return sorted(link.replace(MADE_AT, portal.url) for link in ours)


def snapshot(folder: Path) -> list[str]:
    """Return the database as SQL and the sent emails."""
    with sqlite3.connect(f"file:{folder / 'mails' / 'portal.sqlite3'}?mode=ro", uri=True) as database:
        rows = list(database.iterdump())
    return [*rows, *sorted(file.name for file in (folder / "mails" / "mail" / "outbox").iterdir())]


@pytest.mark.parametrize(("kind", "language"), CASES)
def test_f3_opening_every_link_changes_nothing(
    portal: Site, page: Page, own_folder: Path, kind: str, language: str
) -> None:
    before = snapshot(own_folder)
    personal = [link for link in links_of(portal, kind, language) if PERSONAL.search(link)]
    assert len(personal) >= 1
    for link in links_of(portal, kind, language):
        if link not in opened:
            answer = page.goto(link, wait_until="networkidle" if link in personal else "load")
            assert answer and answer.status == 200 and page.url == link
            opened.add(link)
    for link in personal:
        send_other_requests(page, link)
    assert snapshot(own_folder) == before


def send_other_requests(page: Page, link: str) -> None:
    """Send HEAD and prefetch requests, as link checkers do."""
    for method in ("HEAD", "OPTIONS", "GET"):
        answer = page.request.fetch(link, method=method, headers={"Sec-Purpose": "prefetch"}, max_redirects=0)
        assert answer.status in (200, 204, 405), (method, answer.status)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_links_lead_to_working_buttons(portal: Site, page: Page, own_folder: Path, language: str) -> None:
    """Check that the pages of the test above could change something."""
    before = snapshot(own_folder)
    (link,) = [link for link in links_of(portal, "issue", language) if "/u/" in link]
    page.goto(link)
    page.locator("main form[method=post] button").first.click()
    page.wait_for_load_state()
    assert snapshot(own_folder) != before
