"""Deletes the files of pictures that no row uses any more."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from digest.archive.models import Figure
from digest.archive.pictures import delete_picture_files


def delete_pictures_on_commit(figures: Iterable[Figure]) -> None:
    """Delete the picture files of these figures, renditions included, after the transaction is committed."""
    for figure in figures:
        if figure.picture:
            transaction.on_commit(
                partial(delete_picture_files, figure.picture.storage, str(figure.picture.name)), robust=True
            )
