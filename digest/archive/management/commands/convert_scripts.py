"""Convert Chinese scripts anew, as after a change of the phrase lists."""

from typing import Any

from django.utils.translation import ngettext

from digest.archive import authoring
from digest.archive.changes import recording
from digest.archive.models import Correction, Figure, Issue, Item, Placement, Source, Topic
from digest.common.commands import LocalizedCommand

CHUNK = 200  # rows a transaction


class Command(LocalizedCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for model in (Topic, Source, Issue, Item, Placement, Figure, Correction):
            ids = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
            for start in range(0, len(ids), CHUNK):
                with recording():
                    for row in model._default_manager.filter(pk__in=ids[start : start + CHUNK]):
                        authoring.convert_scripts(row)
                self.show_progress(min(start + CHUNK, len(ids)), len(ids))
            count += len(ids)
        text = ngettext("Texts of %(count)s row converted.", "Texts of %(count)s rows converted.", count)
        self.stdout.write(text % {"count": count})

    def show_progress(self, done: int, total: int) -> None:
        """One line on a terminal, nothing in a pipe."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{done}/{total}", ending="\n" if done == total else "")
