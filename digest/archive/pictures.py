"""Where pictures and their narrower copies are stored, and under what names."""

import re
import secrets
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage

WIDTHS = (400, 800, 1200)  # pixels, of the renditions


class PictureStorage(FileSystemStorage):
    """Keeps whole files only: one that the disk has no room for leaves nothing behind."""

    def _save(self, name: str, content: Any) -> str:
        try:
            return str(super()._save(name, content))  # type: ignore[misc]  # the stubs do not know it
        except OSError:
            self.delete(name)
            raise


def picture_path(instance: object, filename: str) -> str:
    """A random name: a picture's address tells nothing of its file and cannot be guessed."""
    return f"pictures/{secrets.token_hex(16)}.webp"


def rendition_name(name: str, width: int) -> str:
    """`pictures/ab12.webp`, 400 -> `pictures/ab12-400.webp`."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}-{width}.webp"))


def original_name(name: str) -> str:
    """The picture a rendition was made from: `pictures/ab12-400.webp` -> `pictures/ab12.webp`."""
    return re.sub(r"-\d+\.webp$", ".webp", name)


def discard(storage: Storage, name: str) -> None:
    """Remove a stored picture and its renditions; what is gone already is no error."""
    for each in (name, *(rendition_name(name, width) for width in WIDTHS)):
        storage.delete(each)
