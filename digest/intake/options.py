"""The options of every import, and the error that an import raises when it is refused."""

from dataclasses import dataclass


class ImportRefused(ValueError):
    """An import that was not made; its text says why, in one line for the person who asked for it."""


@dataclass(frozen=True)
class ImportOptions:
    """What the person who imports asks for."""

    dry_run: bool = False
    publish: bool = False
    update: bool = False  # change an issue that the public sees already
