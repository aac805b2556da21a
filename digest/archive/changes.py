"""The one verb to call after rows of the archive were changed: it renews what is derived and lets readers see it."""

import logging
from collections.abc import Iterable
from functools import cache

from django.conf import settings
from django.db import transaction

from digest.archive import blocks
from digest.archive.models import Generation, Issue, Item
from digest.common.generation import GenerationFile

logger = logging.getLogger(__name__)


@transaction.atomic
def record_change(items: Iterable[Item] = (), issues: Iterable[Issue] = ()) -> None:
    """Convert scripts and render the blocks of these items, convert these issues' texts, and raise the generation.

    Nothing does this by itself when a row is saved: admin, importers and commands call it by name, once a change.
    """
    # First of all: the number's row is a lock. Whoever changes the same items at the same time waits here, and then
    # renders what both have changed.
    Generation.raise_number()
    items = list(items)
    for item in items:
        item.convert_scripts()
        for part in (*item.figures.all(), *item.corrections.all(), *item.placements.all()):
            part.convert_scripts()
    for issue in issues:
        issue.convert_scripts()
    blocks.refresh(items)
    transaction.on_commit(announce)


def announce() -> None:
    """Tell this machine's workers the generation that the database has.

    The change is made by now: where the folder cannot be written, workers see it at their next look at the database.
    """
    try:
        if not generation_file().is_current():
            generation_file.cache_clear()
        generation_file().write(Generation.current().number)
    except OSError:
        logger.warning("PAGE_STORE_DIR cannot be written; the change shows within seconds", exc_info=True)


@cache
def generation_file() -> GenerationFile:
    """The file that this process shares with the page store."""
    return GenerationFile(settings.PAGE_STORE_DIR)
