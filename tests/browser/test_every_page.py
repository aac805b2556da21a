"""All pages in all languages: accessibility, layout, console messages and external requests."""

from collections.abc import Callable
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.site import Site

Open = Callable[..., Page]
# axe checks the target size of WCAG 2.2 only if its tag is named. The other tags are its defaults.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 390, 768, 1280)  # CSS pixels
# axe rules that depend on screen size or colour scheme. Other rules check only the HTML.
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
    """Return violations of all rules in `TAGS`, or of some rules, with their elements."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    # Only violations, because collecting other results takes long.
    report = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response
    return [f"{fault['id']}: {node['html'][:160]}" for fault in report["violations"] for node in fault["nodes"]]


def test_axe_finds_nothing(site: Site, open_page: Open, name: str, code: str) -> None:
    page = open_page(site.address(name, code))
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert found_by_axe(page, "light", 1280) == []
    assert found_by_axe(page, "dark", 390, SEEN) == []


def test_nothing_overflows_horizontally(site: Site, open_page: Open, name: str, code: str) -> None:
    page = open_page(site.address(name, code))
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TOO_WIDE) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_console_messages_external_requests_or_layout_shifts(
    site: Site, open_page: Open, name: str, code: str
) -> None:
    complaints: list[str] = []
    hosts: set[str | None] = set()

    def listen(page: Page) -> None:
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))

    page = open_page(site.address(name, code), before=listen)
    # On a busy machine, Chromium reports a false shift on one of some hundred pages. A real one happens again.
    assert page.evaluate(LAYOUT_SHIFT) == [] or open_page(page.url).evaluate(LAYOUT_SHIFT) == []
    assert [c for c in complaints if "404" not in c or name != "missing"] == []
    assert hosts == {urlsplit(site.url).netloc}
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_the_text_is_the_same_without_scripts(site: Site, open_page: Open, name: str, code: str) -> None:
    address = site.address(name, code)
    plain, full = open_page(address, java_script_enabled=False), open_page(address)
    assert plain.content() == full.content()
    assert full.locator("script:not([type='application/ld+json'])").count() == 0
    assert full.locator("main").inner_text().strip()
    assert full.locator("h1").count() == 1


def test_the_language_switch_stays_on_the_page(site: Site, open_page: Open, name: str) -> None:
    page = open_page(site.address(name, "zh-hant"), java_script_enabled=False)
    for tag, code in (("en", "en"), ("zh-Hans", "zh-hans"), ("zh-Hant", "zh-hant")):
        page.locator(f".languages a[hreflang={tag}]").click()
        assert page.url == (f"{site.url}/{code}/" if name == "missing" else site.address(name, code))
        assert page.locator("html").get_attribute("lang") == tag
