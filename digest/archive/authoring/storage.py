"""Stored pictures that no row names any more."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from digest.archive.models import Figure
from digest.archive.pictures import discard


def discard_pictures(figures: Iterable[Figure]) -> None:
    """Remove these figures' pictures, with their renditions, once the transaction has ended well."""
    for figure in figures:
        if figure.picture:
            transaction.on_commit(partial(discard, figure.picture.storage, str(figure.picture.name)), robust=True)
