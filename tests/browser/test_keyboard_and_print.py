"""Keyboard navigation, links within a page, and printing."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site

Open = Callable[..., Page]


def jump(page: Page, mark: Locator) -> Locator:
    """Follow a fragment link and check that its target is visible."""
    mark.scroll_into_view_if_needed()
    target = mark.get_attribute("href") or ""
    mark.click()
    assert unquote(page.url).endswith(target)
    found = page.locator(f"[id='{target.removeprefix('#')}']")
    expect(found).to_be_in_viewport()
    return found


def test_citations_link_to_references_and_back(site: Site, open_page: Open, code: str) -> None:
    page = open_page(site.address("hard", code), java_script_enabled=False)
    for mark in page.locator(".full-text .cite a").all():
        reference = jump(page, mark)
        assert reference.get_attribute("value") == mark.inner_text().strip("[]")
        back = jump(page, reference.locator("a").first)
        assert back.locator("a").get_attribute("href") == f"#{reference.get_attribute('id')}"


def test_all_fragment_links_of_a_paper_have_targets(site: Site, open_page: Open, code: str) -> None:
    for name, least in (("paper", 10), ("hard", 15)):
        page = open_page(site.address(name, code))
        marks = page.locator("a[href^='#']").evaluate_all("links => links.map(a => a.getAttribute('href').slice(1))")
        there = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
        assert len(marks) >= least
        assert set(marks) <= {*there}
        assert len(there) == len(set(there))


@pytest.mark.parametrize("part", [".summary", ".abstract", ".full-text"])
def test_footnotes_link_there_and_back(site: Site, open_page: Open, part: str, code: str) -> None:
    page = open_page(site.address("hard", code), java_script_enabled=False)
    note = jump(page, page.locator(f"{part} .footnote-ref").first)
    mark = jump(page, note.locator(".footnote-backref").first)
    assert mark.locator("a").get_attribute("href") == f"#{note.get_attribute('id')}"


def test_the_outline_links_to_headings(site: Site, open_page: Open, code: str) -> None:
    page = open_page(site.address("paper", code), java_script_enabled=False)
    for entry in page.locator(".outline a").all()[:6]:
        heading = jump(page, entry)
        assert heading.inner_text().startswith(entry.inner_text())


def test_the_navigation_of_an_issue_links_to_sections(site: Site, open_page: Open, code: str) -> None:
    page = open_page(site.address("issue", code), java_script_enabled=False)
    for entry in page.locator(".section-nav a").all():
        section = jump(page, entry)
        assert section.locator("h2").first.inner_text() in entry.inner_text()


def test_counts_in_the_navigation_of_an_issue_are_plain_text(site: Site, open_page: Open, code: str) -> None:
    page = open_page(site.address("issue", code), java_script_enabled=False)
    borders = "all => all.map(e => getComputedStyle(e).borderTopWidth)"
    assert set(page.locator(".section-nav .count span").evaluate_all(borders)) == {"0px"}


def test_look_backs_open_by_keyboard(site: Site, open_page: Open, code: str) -> None:
    page = open_page(site.address("issue", code), java_script_enabled=False)
    look_back = page.locator(".look-backs details").first
    expect(look_back.locator("article").first).to_be_hidden()
    look_back.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(look_back.locator("article").first).to_be_visible()
    assert look_back.get_attribute("open") is not None
    page.keyboard.press("Space")
    expect(look_back.locator("article").first).to_be_hidden()
    assert look_back.get_attribute("open") is None


@pytest.mark.parametrize("kind", ["home", "issue", "hard", "missing"])
def test_the_first_tab_offers_to_skip_to_the_content(site: Site, open_page: Open, kind: str, code: str) -> None:
    page = open_page(site.address(kind, code), java_script_enabled=False)
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("href") == "#content"
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_focused_element_is_visible(site: Site, open_page: Open, code: str) -> None:
    page = open_page(site.address("issue", code))
    for _ in range(40):
        page.keyboard.press("Tab")
        style = page.evaluate("(s => s.outlineStyle + s.outlineWidth)(getComputedStyle(document.activeElement))")
        assert style.startswith("solid") and not style.endswith("0px")


def test_look_backs_but_no_navigation_are_printed(site: Site, open_page: Open, code: str) -> None:
    page = open_page(site.address("issue", code))
    page.emulate_media(media="print")
    backs = page.locator(".look-backs article")
    assert backs.count() == 21
    for back in backs.all():
        expect(back).to_be_visible()
        assert back.bounding_box()["height"] > 10
    for gone in (".site-nav", ".languages", ".section-nav", ".neighbours", ".skip"):
        expect(page.locator(gone)).to_be_hidden()


def letters(text: str) -> str:
    """Return only letters and digits, because pdftotext removes hyphens at line breaks."""
    return "".join(letter for letter in text if letter.isalnum())


def test_all_titles_of_an_issue_are_printed(site: Site, open_page: Open, tmp_path: Path, code: str) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext here to read the print with")
    page = open_page(site.address("issue", code), color_scheme="dark")
    titles = page.locator("article :is(h3, h4)").all_text_contents()
    page.pdf(path=tmp_path / "issue.pdf", format="A4")
    read = subprocess.run(["pdftotext", "-raw", tmp_path / "issue.pdf", "-"], stdout=subprocess.PIPE, check=True)
    printed = letters(read.stdout.decode())
    assert len(titles) == 62
    assert [title for title in titles if letters(title) not in printed] == []
