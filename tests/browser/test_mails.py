"""How mails look: room on every screen, contrast in both schemes, and what is left without styles or pictures."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.site import ROOT, Site, environment, locked
from tests.browser.test_every_page import TOO_WIDE, WIDTHS, found_by_axe
from tests.browser.write_mails import LANGUAGES, NOTICES

MADE_AT = "http://127.0.0.1:8000"  # each worker serves the portal at another address
LANDMARKS = ("landmark-one-main", "region")  # a mail stands within a page that has them
every_mail = pytest.mark.parametrize("mail", [*LANGUAGES, "round-up", "long words", *NOTICES])
every_language = pytest.mark.parametrize("mail", LANGUAGES)


@pytest.fixture(scope="module")
def mails(site: Site, folder: Path) -> dict[str, str]:
    """The HTML of each mail by its name, its addresses those of the running portal."""
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
def test_axe_finds_nothing_in_a_mail(mails: dict[str, str], page: Page, mail: str) -> None:
    page.set_content(mails[mail])
    for scheme, width in (("light", 1000), ("dark", 320)):
        found = found_by_axe(page, scheme, width)
        assert [fault for fault in found if not fault.startswith(LANDMARKS)] == []


@every_mail
def test_a_mail_has_room_on_every_screen_with_and_without_styles(mails: dict[str, str], page: Page, mail: str) -> None:
    for html in (mails[mail], re.sub(r"<style>.*?</style>", "", mails[mail], flags=re.DOTALL)):
        page.set_content(html)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(TOO_WIDE) == [], width


@every_language
def test_nothing_but_the_posters_is_loaded_and_they_are_shown(
    mails: dict[str, str], page: Page, site: Site, mail: str
) -> None:
    asked: list[str] = []

    def listen(request: Request) -> None:
        asked.append(request.url)

    page.on("request", listen)
    page.set_content(mails[mail], wait_until="networkidle")
    assert len(asked) == 2 and all(url.startswith(f"{site.url}/pictures/") for url in asked)
    sizes = page.evaluate("[...document.images].map(image => [image.naturalWidth > 0, image.width, image.height])")
    assert sizes == [[True, 240, 320]] * 2


@every_language
def test_without_pictures_their_words_are_read(mails: dict[str, str], page: Page, mail: str) -> None:
    page.route("**/pictures/**", lambda route: route.abort())
    page.set_content(mails[mail], wait_until="networkidle")
    assert page.evaluate("[...document.images].every(image => image.alt.length > 20)")


def test_the_languages_of_a_bilingual_mail_stand_side_by_side_where_there_is_room(
    mails: dict[str, str], page: Page
) -> None:
    page.set_content(mails["bilingual"])
    tops = "[...document.querySelectorAll('.c')].slice(2, 4).map(e => Math.round(e.getBoundingClientRect().top))"
    left, right = page.evaluate(tops)
    assert left == right
    page.set_viewport_size({"width": 320, "height": 900})
    left, right = page.evaluate(tops)
    assert left < right
