"""Update and compile the message catalogues, or check that they are complete."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digest.common import messages


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--compile", action="store_true", help="only compile the catalogues")
        parser.add_argument(
            "--check", action="store_true", help="change nothing, and fail if a catalogue is incomplete"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            if problems := messages.find_problems():
                raise CommandError("\n".join(problems))
            self.stdout.write("All message catalogues are complete.")
            return
        if not options["compile"]:
            messages.update()
        messages.compile_all()
