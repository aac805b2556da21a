"""Addresses that a link may lead to."""

import re

_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f]+", re.IGNORECASE)


def is_web_address(url: str) -> bool:
    """Whether this is http or https: whatever was typed or imported, a page links to no script and no data."""
    return _WEB_ADDRESS.fullmatch(url) is not None
