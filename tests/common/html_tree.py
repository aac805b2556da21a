"""A parser of HTML for tests of sanitising."""

import re
from html.parser import HTMLParser

from digest.common.markup import render

TAGS = set(
    re.findall(
        r"\w+",
        "p br hr em strong del code pre blockquote ul ol li sub sup dl dt dd h2 h3 h4 h5 h6 "
        "table thead tbody tr th td a span div",
    )
)
ATTRIBUTES = {"href", "id", "class", "title", "aria-label", "scope", "start", "tabindex"}


class Tree(HTMLParser):
    """The tags, attributes and URLs of an HTML fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    handle_startendtag = handle_starttag

    def get(self, name: str) -> list[str]:
        return [value or "" for attribute, value in self.attributes if attribute == name]

    @property
    def is_safe(self) -> bool:
        names = {name for name, _value in self.attributes}
        hrefs = [href for href in self.get("href") if not re.match(r"(https?://|mailto:|#)", href, re.IGNORECASE)]
        return set(self.tags) <= TAGS and names <= ATTRIBUTES and hrefs == []


def html(source: str, prefix: str = "") -> str:
    return render(source, prefix).html
