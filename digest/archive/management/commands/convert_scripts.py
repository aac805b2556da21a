"""Convert all texts between the Chinese scripts again, as after a change of the phrase lists."""

from typing import Any

from django.utils.translation import ngettext

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import Correction, Figure, Issue, Item, Placement, Source, Topic
from digest.common.commands import LocalizedCommand

CHUNK_SIZE = 200  # rows per transaction


class Command(LocalizedCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for model in (Topic, Source, Issue, Item, Placement, Figure, Correction):
            ids = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
            for start in range(0, len(ids), CHUNK_SIZE):
                with record_changes():
                    for row in model._default_manager.filter(pk__in=ids[start : start + CHUNK_SIZE]):
                        authoring.convert_scripts(row)
                self.show_progress(min(start + CHUNK_SIZE, len(ids)), len(ids))
            count += len(ids)
        text = ngettext("Texts of %(count)s record converted.", "Texts of %(count)s records converted.", count)
        self.stdout.write(text % {"count": count})

    def show_progress(self, done: int, total: int) -> None:
        """Show progress in one line on a terminal; write nothing to a pipe."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{done}/{total}", ending="\n" if done == total else "")
