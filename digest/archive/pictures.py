"""Names and storage of pictures and of their renditions (narrower copies)."""

import re
import secrets
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage

WIDTHS = (400, 800, 1200)  # of the renditions, in pixels


class PictureStorage(FileSystemStorage):
    """Deletes a file that could not be written completely, for example because the disk is full."""

    def _save(self, name: str, content: Any) -> str:
        try:
            return str(super()._save(name, content))  # type: ignore[misc]  # the stubs do not know it
        except OSError:
            self.delete(name)
            raise


def picture_path(instance: object, filename: str) -> str:
    """A random name, so that the address of a picture cannot be guessed."""
    return f"pictures/{secrets.token_hex(16)}.webp"


def rendition_name(name: str, width: int) -> str:
    """`pictures/ab12.webp`, 400 -> `pictures/ab12-400.webp`."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}-{width}.webp"))


def original_name(name: str) -> str:
    """The name of the picture of a rendition: `pictures/ab12-400.webp` -> `pictures/ab12.webp`."""
    return re.sub(r"-\d+\.webp$", ".webp", name)


def delete_picture_files(storage: Storage, name: str) -> None:
    """Delete a stored picture and its renditions; missing files are ignored."""
    for file_name in (name, *(rendition_name(name, width) for width in WIDTHS)):
        storage.delete(file_name)
