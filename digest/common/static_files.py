"""Static files with hashed names, and style sheets sent as one file."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(r'^@import "([\w./-]+)";\n', re.MULTILINE)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Puts the text of each `@import "file.css";` in its place, so that a browser asks for one file.

    `runserver` serves the files as they are, and browsers follow the imports. An imported file may not use `url()`:
    its address would be relative to another folder.
    """

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            for name in [name for name in paths if name.endswith(".css")]:
                text = self._text(name, paths)
                if _IMPORT.search(text):
                    self.delete(name)
                    self.save(name, ContentFile(self._with_imports(name, text, paths).encode()))
                    paths[name] = (self, name)
        yield from super().post_process(paths, dry_run, **options)

    def _with_imports(self, name: str, text: str, paths: dict[str, Any]) -> str:
        folder = PurePosixPath(name).parent
        return _IMPORT.sub(lambda match: self._text(str(folder / match[1]), paths), text)

    @staticmethod
    def _text(name: str, paths: dict[str, Any]) -> str:
        storage, path = paths[name]
        with storage.open(path) as file:
            text: str = file.read().decode()
        return text
