"""The base class of the import commands: options, and errors in one line."""

from abc import ABC, abstractmethod
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from digest.common.commands import LocalizedCommand
from digest.intake.change_log import ImportChange
from digest.intake.change_messages import change_message
from digest.intake.options import ImportOptions, ImportRefused
from digest.intake.reading import UnreadableFile


class ImportCommand(LocalizedCommand, ABC):
    """A subclass imports in `run`; `noun` is what a document becomes."""

    noun = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, but tell what would change")
        parser.add_argument("--publish", action="store_true", help=f"publish the {self.noun}; else it stays a draft")
        parser.add_argument("--update", action="store_true", help=f"change an {self.noun} that is published already")

    def handle(self, *args: Any, **options: Any) -> None:
        import_options = ImportOptions(options["dry_run"], options["publish"], options["update"])
        try:
            self.run(options, import_options)
        except (UnreadableFile, ImportRefused) as error:
            raise CommandError(f"{options['file']}: {error}") from None
        except DatabaseError as error:
            reason = str(error).splitlines()[0]
            raise CommandError(_("Could not write to the archive: %(reason)s") % {"reason": reason}) from error

    @abstractmethod
    def run(self, options: dict[str, Any], import_options: ImportOptions) -> None:
        """Import the file and print the result."""

    def show_changes(self, changes: list[ImportChange]) -> None:
        for change in changes:
            self.stdout.write(change_message(change))
