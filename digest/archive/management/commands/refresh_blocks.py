"""Render blocks anew: those that are missing or made from older templates, or with --all every one."""

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from digest.archive import blocks
from digest.archive.changes import record_change
from digest.archive.models import Issue, Item, Source, Topic
from digest.common.commands import SpokenCommand

CHUNK = 200  # items a transaction


class Command(SpokenCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also convert scripts anew (after a change of phrases)")

    def handle(self, *args: Any, **options: Any) -> None:
        ids = list((Item.objects.all() if options["all"] else blocks.stale()).values_list("pk", flat=True))
        for start in range(0, len(ids), CHUNK):
            record_change(Item.objects.filter(pk__in=ids[start : start + CHUNK]))
            if self.stderr.isatty():
                told = {"done": min(start + CHUNK, len(ids)), "all": len(ids)}
                self.stderr.write("\r" + _("%(done)s of %(all)s items") % told, ending="")
        if options["all"]:
            for row in (*Topic.objects.all(), *Source.objects.all()):
                row.convert_scripts()
            record_change(issues=Issue.objects.all())
        done = ngettext("%(count)s item rendered anew.", "%(count)s items rendered anew.", len(ids))
        self.stdout.write(done % {"count": len(ids)})
