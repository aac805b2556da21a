"""The decorator of the archive's public pages."""

import datetime as dt

from django.utils import timezone

from digest.archive.models import CacheVersion
from digest.common import http

STARTED = timezone.now()


def last_change() -> dt.datetime:
    """When the pages last changed: with the archive (one query), at midnight (events pass), or when Django started."""
    return max(CacheVersion.current().changed_at, timezone.localtime().replace(hour=0, minute=0, second=0), STARTED)


# `@public_page` above a view: GET and HEAD only, the same page for everybody, cacheable.
public_page = http.public_page(last_change)
