"""What holds for every page in every language: access, room, quiet, and no other host."""

from collections.abc import Callable
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.site import Site

Open = Callable[..., Page]
# The target size of WCAG 2.2 is off in axe unless its tag is named; the others are what axe asks by itself.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 390, 768, 1280)  # CSS pixels
# Rules of axe whose findings may be other ones on a small or a dark screen; the rest asks about the HTML alone.
SEEN = [
    *("color-contrast", "link-in-text-block", "scrollable-region-focusable"),
    *("aria-hidden-focus", "skip-link", "empty-heading", "link-name", "target-size"),
]
LAYOUT_SHIFT = """() => new Promise(done => {
    const found = [], moved = entry => entry.sources.map(source => source.node?.textContent?.slice(0, 60));
    new PerformanceObserver(list => list.getEntries().forEach(entry => found.push([entry.value, moved(entry)])))
        .observe({type: "layout-shift", buffered: true});
    window.scrollTo(0, document.body.scrollHeight);
    setTimeout(() => done(found), 150);
})"""
TOO_WIDE = """() => {
    const edge = document.documentElement.clientWidth, wide = document.documentElement.scrollWidth > edge;
    return wide ? [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > edge + 1)
        .map(e => e.outerHTML.slice(0, 120)) : [];
}"""


def found_by_axe(page: Page, scheme: str, width: int, rules: list[str] | None = None) -> list[str]:
    """The rules broken (of all in `TAGS`, or of some), with the elements that break them."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    # All else than violations is not read, and takes long to collect.
    report = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response
    return [f"{fault['id']}: {node['html'][:160]}" for fault in report["violations"] for node in fault["nodes"]]


def test_axe_finds_nothing(site: Site, open_page: Open, name: str, code: str) -> None:
    page = open_page(site.address(name, code))
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert found_by_axe(page, "light", 1280) == []
    assert found_by_axe(page, "dark", 390, SEEN) == []


def test_nothing_sticks_out_sideways(site: Site, open_page: Open, name: str, code: str) -> None:
    page = open_page(site.address(name, code))
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TOO_WIDE) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_is_quiet_and_stays_in_its_place(site: Site, open_page: Open, name: str, code: str) -> None:
    complaints: list[str] = []
    hosts: set[str | None] = set()

    def listen(page: Page) -> None:
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))

    page = open_page(site.address(name, code), before=listen)
    # On a busy machine Chromium finds one once in some hundred pages; what a page does itself it does again.
    assert page.evaluate(LAYOUT_SHIFT) == [] or open_page(page.url).evaluate(LAYOUT_SHIFT) == []
    assert [c for c in complaints if "404" not in c or name != "missing"] == []
    assert hosts == {urlsplit(site.url).netloc}
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_a_page_reads_the_same_without_scripts(site: Site, open_page: Open, name: str, code: str) -> None:
    address = site.address(name, code)
    plain, full = open_page(address, java_script_enabled=False), open_page(address)
    assert plain.content() == full.content()
    assert full.locator("script:not([type='application/ld+json'])").count() == 0
    assert full.locator("main").inner_text().strip()
    assert full.locator("h1").count() == 1


def test_the_language_switch_keeps_the_page(site: Site, open_page: Open, name: str) -> None:
    page = open_page(site.address(name, "zh-hant"), java_script_enabled=False)
    for tag, code in (("en", "en"), ("zh-Hans", "zh-hans"), ("zh-Hant", "zh-hant")):
        page.locator(f".languages a[hreflang={tag}]").click()
        assert page.url == (f"{site.url}/{code}/" if name == "missing" else site.address(name, code))
        assert page.locator("html").get_attribute("lang") == tag
