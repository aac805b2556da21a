"""The admin in a browser: its scripts work under the CSP, without messages in the console."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, running
from tests.browser.test_every_page import SEEN, found_by_axe


@pytest.fixture(scope="module")
def portal(folder: Path, own_folder: Path) -> Iterator[Site]:
    """The portal with the demo archive and an editor's login."""
    with running(own_folder / "portal", "tests.browser.fill_editors", copy_of=folder / "all-portal") as site:
        yield site


@pytest.fixture(scope="module")
def console_messages() -> list[str]:
    """Messages in the console of the browser."""
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, portal: Site, console_messages: list[str]) -> Iterator[Page]:
    """A page of a signed-in editor."""
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)  # milliseconds
    page.on("console", lambda message: console_messages.append(message.text))
    page.on("pageerror", lambda error: console_messages.append(str(error)))
    page.goto(f"{portal.url}/admin/")
    page.fill("#id_username", "editor")
    page.fill("#id_password", portal.facts["password"])
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    yield page
    context.close()


@pytest.fixture
def visit(portal: Site, page: Page, console_messages: list[str]) -> Iterator[Callable[[str], Page]]:
    """A function that opens a path below `/admin/archive/`; `{item}` and others stand for ids of demo rows."""
    console_messages.clear()

    def visit(address: str) -> Page:
        page.goto(f"{portal.url}/admin/archive/{address.format(**portal.facts['rows'])}", wait_until="networkidle")
        return page

    yield visit
    assert console_messages == []


ADDRESSES = [
    *("", "../guide/", "issue/", "item/", "topic/", "source/", "place/", "figure/", "correction/", "placement/"),
    *("issue/add/", "item/add/", "topic/add/", "figure/add/?item={item}"),
    *("issue/{issue}/change/", "item/{item}/change/", "figure/{figure}/change/", "itemtranslation/{text}/change/"),
    *("item/{item}/history/", "itemtranslation/{text}/history/", "item/{item}/delete/", "issue/{issue}/ask/withdraw/"),
]
# Pages similar to others: lists except that of issues, and forms except those of issues and items.
ALIKE = (
    *("topic/", "source/", "place/", "figure/", "correction/", "placement/", "topic/add/", "figure/add/?item={item}"),
    *("figure/{figure}/change/", "itemtranslation/{text}/history/"),
)


@pytest.mark.parametrize(
    "address", [pytest.param(each, marks=[pytest.mark.full] if each in ALIKE else []) for each in ADDRESSES]
)
def test_the_console_is_empty_and_axe_finds_nothing(
    visit: Callable[[str], Page], console_messages: list[str], address: str
) -> None:
    page = visit(address)
    expect(page.locator("#site-name")).to_have_text("SNZ Digest")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert console_messages == []
    assert found_by_axe(page, "light", 1280) == []
    assert found_by_axe(page, "light", 360, SEEN) == []
    console_messages.clear()  # axe tries inline styles, which the CSP blocks
    page.set_viewport_size({"width": 1280, "height": 900})


def test_autocomplete_of_items(visit: Callable[[str], Page]) -> None:
    page = visit("item/{item}/change/")
    page.click(".field-related .select2-selection")
    page.keyboard.type("carbon")
    option = page.locator(".select2-results__option--highlighted")
    expect(option).to_contain_text("碳")
    option.click()
    chosen = page.locator(".field-related .select2-selection__choice")
    expect(chosen).to_have_count(1)
    assert "碳" in chosen.inner_text()


def test_the_calendar(visit: Callable[[str], Page]) -> None:
    page = visit("item/add/")
    page.click(".field-date .datetimeshortcuts a >> nth=1")
    page.click("#calendarin0 td a >> text='15'")
    assert page.input_value("#id_date").endswith("-15")


def test_choosing_and_filtering_topics(visit: Callable[[str], Page]) -> None:
    page = visit("item/add/")
    page.fill("#id_topics_input", "methane")
    shown = page.locator("#id_topics_from option").first.get_attribute("title")
    page.select_option("#id_topics_from", index=0)
    page.click("#id_topics_add")
    expect(page.locator("#id_topics_to option")).to_have_count(1)
    assert page.locator("#id_topics_to option").get_attribute("title") == shown


def test_filtering_topics_by_pasted_text(visit: Callable[[str], Page]) -> None:
    page = visit("item/add/")
    topics = page.locator("#id_topics_from option")
    page.locator("#id_topics_input").focus()
    all_topics = topics.count()
    page.keyboard.insert_text("methane")  # as when pasting or using an input method
    assert 0 < topics.count() < all_topics
    page.fill("#id_topics_input", "")
    expect(topics).to_have_count(all_topics)


def test_adding_inline_rows(visit: Callable[[str], Page]) -> None:
    page = visit("item/{item}/change/")
    page.click("#links-group .add-row a")
    row = page.locator("#links-group .dynamic-links >> nth=-1")
    expect(row.get_by_label("Address")).to_be_visible()  # fields in a table are labelled too
    row.locator("select").select_option("more")
    row.locator("[type=url]").fill("https://example.org/from-a-browser")
    page.click("[name=_continue] >> nth=0")
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert page.locator("#links-group [value='https://example.org/from-a-browser']").count() == 1


def test_buttons_to_withdraw_and_publish(visit: Callable[[str], Page]) -> None:
    page = visit("issue/{issue}/change/")
    for button, told in (("Withdraw", "1 issue withdrawn."), ("Publish", "1 issue published.")):
        visit("issue/{issue}/change/").click(f".object-tools a >> text='{button}'")
        page.click("text=Yes, continue")
        expect(page.locator(".messagelist")).to_be_visible()
        assert told in page.locator(".messagelist").inner_text()


def test_choosing_several_rows_in_a_list(visit: Callable[[str], Page]) -> None:
    page = visit("topic/")
    page.check("#action-toggle")
    expect(page.locator(".action-counter")).to_contain_text("50 of 50")
    page.select_option("[name=action]", "merge")
    page.click("[name=index]")
    expect(page.locator("select[name=into]")).to_be_visible()
    assert page.locator("[name=_selected_action]").count() == 50
