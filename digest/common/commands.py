"""Base class of management commands."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import override

from digest.common.languages import terminal_language


class LocalizedCommand(BaseCommand):
    """A command with output and errors in the language of the terminal. `--help` is in English, as in Django."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with override(terminal_language()):
            return super().execute(*args, **options)
