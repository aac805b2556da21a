"""Interface texts: update the .po files and compile them, only compile, or check that every language is complete."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digest.common import messages


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--compile", action="store_true", help="only compile what is there")
        parser.add_argument("--check", action="store_true", help="change nothing; fail if a language is incomplete")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            if faults := messages.faults():
                raise CommandError("\n".join(faults))
            self.stdout.write("messages: complete in all languages")
            return
        if not options["compile"]:
            messages.update()
        messages.compile_all()
