"""Pages contain only their own script: no Traditional characters in Simplified text, no Han in English."""

from collections.abc import Callable
from functools import cache

import opencc
from playwright.sync_api import Page

from tests.browser.site import Site

Open = Callable[..., Page]
HAN = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
# All texts that are visible or read aloud, with their language.
TEXTS = """() => {
    const found = [], language = element => element.closest("[lang]").lang;
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (element.tagName !== "SCRIPT") found.push([language(element), walker.currentNode.data]);
    }
    for (const element of document.querySelectorAll("[alt], [title], [aria-label]"))
        for (const name of ["alt", "title", "aria-label"])
            if (element.hasAttribute(name)) found.push([language(element), element.getAttribute(name)]);
    for (const element of document.querySelectorAll("meta[name=description], meta[property^='og:']"))
        if (element.getAttribute("property") !== "og:locale") found.push([language(element), element.content]);
    return found;
}"""


def is_in(letter: str, charset: str) -> bool:
    try:
        letter.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


@cache
def foreign_characters(tag: str) -> frozenset[str]:
    """Letters of the other script: OpenCC writes them otherwise, and the script's own old charset lacks them.

    The charset is asked because OpenCC also lists letters that are good in both scripts (后, 里, 乾).
    """
    if tag == "en":
        return frozenset(HAN)
    config, charset = {"zh-Hans": ("t2s", "gb2312"), "zh-Hant": ("s2t", "big5")}[tag]
    convert = opencc.OpenCC(config).convert
    return frozenset(letter for letter in HAN if convert(letter) != letter and not is_in(letter, charset))


def test_the_lists_of_characters() -> None:
    assert len(foreign_characters("zh-Hans")) > 2000
    assert len(foreign_characters("zh-Hant")) > 2000
    assert {*"農業淨灣"} <= foreign_characters("zh-Hans")
    assert {*"农业净湾"} <= foreign_characters("zh-Hant")
    assert not {*"后里台干乾水稻"} & (foreign_characters("zh-Hans") | foreign_characters("zh-Hant"))


def test_a_page_has_only_its_own_script(site: Site, open_page: Open, name: str, code: str) -> None:
    page = open_page(site.address(name, code))
    strange = [
        ("".join(sorted(foreign_characters(tag) & {*text})), text.strip()[:60])
        for tag, text in page.evaluate(TEXTS)
        if foreign_characters(tag) & {*text}
    ]
    assert strange == []
