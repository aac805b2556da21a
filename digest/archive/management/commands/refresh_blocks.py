"""Render blocks anew: those that are missing or made from older templates, or with --all every one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from digest.archive import blocks
from digest.archive.changes import record_change
from digest.archive.models import Issue, Item, Source, Topic

CHUNK = 200  # items a transaction


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also convert scripts anew (after a change of phrases)")

    def handle(self, *args: Any, **options: Any) -> None:
        ids = list((Item.objects.all() if options["all"] else blocks.stale()).values_list("pk", flat=True))
        for start in range(0, len(ids), CHUNK):
            record_change(Item.objects.filter(pk__in=ids[start : start + CHUNK]))
            if self.stderr.isatty():
                self.stderr.write(f"\r{min(start + CHUNK, len(ids))} of {len(ids)} items", ending="")
        if options["all"]:
            for row in (*Topic.objects.all(), *Source.objects.all()):
                row.convert_scripts()
            record_change(issues=Issue.objects.all())
        self.stdout.write(f"{len(ids)} items rendered anew.")
