"""Telling the page stores of all workers that readers can see a change."""

import logging
from functools import cache, partial

from django.conf import settings
from django.db import transaction

from digest.archive.changes import Change
from digest.archive.models import Generation
from digest.common.generation import GenerationFile

logger = logging.getLogger(__name__)


def raise_generation(change: Change) -> None:
    """A listener: raise the number in the database, and tell this machine's workers after the commit."""
    if change.is_public:
        transaction.on_commit(partial(announce, Generation.raise_number()))


def announce(number: int) -> None:
    """Write the number where this machine's workers see it at once.

    The change is made by now: where the folder cannot be written, workers see it at their next look at the database.
    """
    try:
        if not generation_file().is_current():
            generation_file.cache_clear()
        generation_file().write(number)
    except OSError:
        logger.warning("PAGE_STORE_DIR cannot be written; the change shows within seconds", exc_info=True)


@cache
def generation_file() -> GenerationFile:
    """The file that this process shares with the page store."""
    return GenerationFile(settings.PAGE_STORE_DIR)
