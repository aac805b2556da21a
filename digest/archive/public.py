"""The decorator of the archive's public pages."""

import datetime as dt

from digest.archive.models import Generation
from digest.common import http


def last_change() -> dt.datetime:
    """When the public archive last changed: one query of one row."""
    return Generation.current().raised_at


# `@public_page` above a view: GET and HEAD only, the same for everybody, may be kept by caches.
public_page = http.public_page(last_change)
