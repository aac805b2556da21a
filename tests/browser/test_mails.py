"""The layout of emails on all screens, contrast in both colour schemes, and emails without styles or pictures."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.site import ROOT, Site, environment, locked
from tests.browser.test_every_page import SEEN, TOO_WIDE, WIDTHS, found_by_axe
from tests.browser.write_mails import LANGUAGES, NOTICES

MADE_AT = "http://127.0.0.1:8000"  # each worker serves the portal at another URL
LANDMARKS = ("landmark-one-main", "region")  # an email client's page has them
every_mail = pytest.mark.parametrize("mail", [*LANGUAGES, "round-up", "long words", *NOTICES])
every_language = pytest.mark.parametrize("mail", LANGUAGES)


@pytest.fixture(scope="module")
def mails(site: Site, folder: Path) -> dict[str, str]:
    """The HTML of emails by name, with the URL of the running portal."""
    file, env = folder / "mails.json", environment(folder / "demo", MADE_AT)
    with locked(folder):
        if not file.exists():
            command = [sys.executable, "-m", "tests.browser.write_mails"]
            file.write_bytes(subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE).stdout)
    return dict(json.loads(file.read_text().replace(MADE_AT, site.url)))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    yield context.new_page()
    context.close()


@every_mail
def test_axe_finds_nothing(mails: dict[str, str], page: Page, mail: str) -> None:
    page.set_content(mails[mail])
    for scheme, width, rules in (("light", 1000, None), ("dark", 320, SEEN)):
        found = found_by_axe(page, scheme, width, rules)
        assert [fault for fault in found if not fault.startswith(LANDMARKS)] == []


@every_mail
def test_nothing_overflows_horizontally(mails: dict[str, str], page: Page, mail: str) -> None:
    for html in (mails[mail], re.sub(r"<style>.*?</style>", "", mails[mail], flags=re.DOTALL)):
        page.set_content(html)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(TOO_WIDE) == [], width


@every_language
def test_only_posters_are_loaded(mails: dict[str, str], page: Page, site: Site, mail: str) -> None:
    asked: list[str] = []

    def listen(request: Request) -> None:
        asked.append(request.url)

    page.on("request", listen)
    page.set_content(mails[mail], wait_until="networkidle")
    assert len(asked) == 2 and all(url.startswith(f"{site.url}/pictures/") for url in asked)
    sizes = page.evaluate("[...document.images].map(image => [image.naturalWidth > 0, image.width, image.height])")
    assert sizes == [[True, 240, 320]] * 2


@every_language
def test_alternative_texts_without_pictures(mails: dict[str, str], page: Page, mail: str) -> None:
    page.route("**/pictures/**", lambda route: route.abort())
    page.set_content(mails[mail], wait_until="networkidle")
    assert page.evaluate("[...document.images].every(image => image.alt.length > 20)")


def test_languages_are_side_by_side_on_wide_screens(mails: dict[str, str], page: Page) -> None:
    page.set_content(mails["bilingual"])
    tops = "[...document.querySelectorAll('.c')].slice(2, 4).map(e => Math.round(e.getBoundingClientRect().top))"
    left, right = page.evaluate(tops)
    assert left == right
    page.set_viewport_size({"width": 320, "height": 900})
    left, right = page.evaluate(tops)
    assert left < right
