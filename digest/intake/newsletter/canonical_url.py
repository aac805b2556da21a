"""Comparison of URLs of the same page."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

_DOI = re.compile(r"(?<![0-9])10\.[0-9]{4,9}/[^\s?#&\"<>]{1,200}")
_TRACKING = re.compile(r"utm_|fbclid$|gclid$|mc_[ce]id$", re.IGNORECASE)


def canonical_url(url: str) -> str:
    """A form in which URLs of one page are equal: its DOI, otherwise host, path and query without tracking."""
    if match := _DOI.search(url):
        return f"doi:{match[0].rstrip('/.,;').lower()}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if not _TRACKING.match(name)])
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}{f'?{query}' if query else ''}"
