"""What our management commands share: they speak the language of the terminal that they run in."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import override

from digest.common.languages import of_terminal


class SpokenCommand(BaseCommand):
    """A command whose output and errors are in the terminal's language; `--help` is in English like Django's own."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with override(of_terminal()):
            return super().execute(*args, **options)
