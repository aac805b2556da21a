"""Attack payloads in all fields of all rows run no scripts, even without the CSP."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests import selection
from tests.browser.fill_hostile import PASSWORD
from tests.browser.payloads import PAYLOADS
from tests.browser.site import Site
from tests.selection import SAMPLE

BATCH = 12
STARTS = range(0, len(PAYLOADS), BATCH)
LISTS = ("", "issues/", "sections/research/", "events/", "topics/")
# Functions that payloads call are replaced, so that they write to the console.
WATCH = """for (const name of ["alert", "confirm", "prompt", "print"])
    window[name] = () => { window.ran = true; console.log("SCRIPT RAN"); };"""
# Active elements that are not part of the page.
LIVE = """() => {
    const found = [], tell = (what, element) => found.push(what + ": " + element.outerHTML.slice(0, 120));
    const banned = "script:not([type='application/ld+json']), iframe, frame, object, embed, applet, style, form," +
        "input, button, select, textarea, template, math, video, audio, marquee, base, meta[http-equiv], body link," +
        "body title, svg:not(.timeline-chart svg), img:not(figure img), [style], [srcdoc], [autofocus]," +
        "[contenteditable]";
    // The one form of the page's own, as long as nothing has got into it.
    const form = document.querySelector("section.subscribe > form.short-form[action$='/subscribe/']");
    const parts = form ? [...form.children].map(element => element.localName + (element.type || "")).join() : "";
    const isOurs = /^(inputhidden,){1,2}label,inputemail,buttonsubmit$/.test(parts);
    const own = new Set(isOurs ? [form, ...form.children] : []);
    document.querySelectorAll(banned).forEach(element => own.has(element) || tell("banned", element));
    for (const element of document.querySelectorAll("*"))
        for (const { name, value } of element.attributes) {
            if (name.startsWith("on")) tell("handler", element);
            if (["href", "src", "action", "data", "xlink:href"].includes(name)) {
                const target = URL.parse(value, location.href);
                if (!target || !["http:", "https:", "mailto:"].includes(target.protocol)) tell("scheme", element);
            }
        }
    document.querySelectorAll("script").forEach(element => JSON.parse(element.textContent));
    if (document.querySelectorAll("head > script").length > 1) found.push("more than one script of data");
    if (document.querySelectorAll("main, h1").length !== 2) found.push("the page has lost its shape");
    if (window.ran) found.push("a script ran");
    return found;
}"""


@pytest.fixture(scope="module")
def watched(browser: Browser) -> Iterator[Callable[[], Page]]:
    """A function that opens an empty page without the CSP. Its `ran` lists executed scripts."""
    context = browser.new_context(bypass_csp=True, viewport={"width": 800, "height": 600})
    context.add_init_script(WATCH)

    def open_page() -> Page:
        page = context.new_page()
        page.ran = []
        page.on("dialog", lambda dialog: (page.ran.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: message.text == "SCRIPT RAN" and page.ran.append(page.url))
        return page

    yield open_page
    context.close()


def is_full() -> bool:
    return selection.is_full


def assert_harmless(page: Page, address: str) -> None:
    page.goto(address)
    assert page.evaluate(LIVE) == [], address
    assert page.ran == [], address


@pytest.mark.parametrize(
    "start",
    [pytest.param(n, marks=[pytest.mark.full] if n else []) for n in STARTS],
)
def test_no_page_runs_scripts(hostile: Site, watched: Callable[[], Page], start: int) -> None:
    page = watched()
    for paths in hostile.facts["made"][start : start + (BATCH if is_full() else BATCH // 2)]:
        for name, path in paths.items():
            # Simplified Chinese is converted from Traditional, so it shows problems of both. The bilingual page has
            # English too.
            # English is shown by fewer pages in the sample.
            in_english = name != "bilingual" and (is_full() or name == "item")
            for code in ("zh-hans", "en") if in_english else ("zh-hans",):
                assert_harmless(page, f"{hostile.url}/{code}/{path}")
    page.close()


@pytest.mark.parametrize("path", LISTS)
def test_no_list_runs_scripts(hostile: Site, watched: Callable[[], Page], path: str) -> None:
    page = watched()
    assert_harmless(page, f"{hostile.url}/zh-hans/{path}")
    assert_harmless(page, f"{hostile.url}/en/{path}")
    while (older := page.locator(".pagination [rel=next]")).count():
        assert_harmless(page, older.evaluate("a => a.href"))
    page.close()


def test_the_admin_runs_no_scripts(hostile: Site, watched: Callable[[], Page]) -> None:
    page = watched()
    page.goto(f"{hostile.url}/admin/")
    page.fill("[name=username]", "editor")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    models = page.locator("th a[href^='/admin/archive/']").evaluate_all("links => links.map(a => a.href)")
    assert len(models) >= 4
    for model in models:
        page.goto(model)
        rows = page.locator("#result_list th a").evaluate_all("links => links.map(a => a.href)")
        for form in rows[:: max(1, len(rows) // (6 if is_full() else 2))]:
            page.goto(form)
            page.locator("input[type=submit], button[type=submit]").first.wait_for()
    assert page.ran == []
    page.close()


@pytest.mark.parametrize(("every", "least"), [(SAMPLE, 10), pytest.param(1, 50, marks=pytest.mark.full)])
def test_unsanitised_payloads_do_run(hostile: Site, watched: Callable[[], Page], every: int, least: int) -> None:
    page, fired = watched(), 0
    for payload in PAYLOADS[::every]:
        page.goto(f"{hostile.url}/healthz")
        page.ran.clear()
        page.set_content(f"<!doctype html><body>{payload}</body>", wait_until="commit")
        page.wait_for_timeout(15)
        fired += bool(page.ran)
    assert len(PAYLOADS) >= 100
    assert fired >= least
    page.close()
