"""Invalidating the page cache when public content changes."""

import logging
from functools import cache, partial

from django.conf import settings
from django.db import transaction

from digest.archive.changes import Change
from digest.archive.models import CacheVersion
from digest.common.cache_version import CacheVersionFile

logger = logging.getLogger(__name__)


def invalidate(change: Change) -> None:
    """Listen to changes: increment the version in the database and, after the commit, in the shared file."""
    if change.is_public:
        transaction.on_commit(partial(write_version, CacheVersion.increment()))


def write_version(number: int) -> None:
    """Write the version to the file that all workers of this machine read.

    Errors are only logged: the change is already committed, and workers also check the database regularly.
    """
    try:
        if not version_file().is_current():
            version_file.cache_clear()
        version_file().write(number)
    except OSError:
        logger.warning("Cannot write to PAGE_STORE_DIR; the change will be visible within seconds", exc_info=True)


@cache
def version_file() -> CacheVersionFile:
    """Return the version file, opened once per process."""
    return CacheVersionFile(settings.PAGE_STORE_DIR)
