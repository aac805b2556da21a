"""import_paper FILE: a paper's text into the archive, as one research item."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from digest.common.commands import SpokenCommand
from digest.common.languages import current
from digest.intake.differences import Change
from digest.intake.importing import Refused, Wishes
from digest.intake.paper.document import Paper
from digest.intake.paper.importing import Outcome, import_paper
from digest.intake.paper.parser import parse
from digest.intake.paper.report import as_json, missing_in_words, sections
from digest.intake.reading import Unreadable, read_document
from digest.intake.telling import tell, told_counts, told_state


class Command(SpokenCommand):
    help = "Import a paper, a text file in UTF-8 or Big5: abstracts, sections, figures, citations, references."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, but tell what would change")
        parser.add_argument("--publish", action="store_true", help="publish the item; else it stays a draft")
        parser.add_argument("--update", action="store_true", help="change an item that is published already")

    def handle(self, *args: Any, **options: Any) -> None:
        wishes = Wishes(options["dry_run"], options["publish"], options["update"])
        try:
            paper = parse(read_document(options["file"]))
            outcome = import_paper(paper, wishes, self._keep_quiet if options["json"] else self._show_changes)
        except (Unreadable, Refused) as error:
            raise CommandError(f"{options['file']}: {error}") from None
        except DatabaseError as error:
            reason = str(error).splitlines()[0]
            raise CommandError(_("The archive could not be written: %(reason)s") % {"reason": reason}) from error
        if options["json"]:
            found = as_json(paper, outcome) | {"dry_run": wishes.dry_run}
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            self._show(paper, outcome, wishes)

    def _keep_quiet(self, changes: list[Change]) -> None:
        """Only the JSON object tells of changes."""

    def _show_changes(self, changes: list[Change]) -> None:
        for change in changes:
            self.stdout.write(tell(change))

    def _show(self, paper: Paper, outcome: Outcome, wishes: Wishes) -> None:
        cited = paper.cited
        told = {"sections": len(sections(paper)), "marks": len(cited), "distinct": len(set(cited))}
        self.stdout.write(_("sections: %(sections)s · citations: %(marks)s · references: %(distinct)s") % told)
        missing = current().comma.join(missing_in_words(paper)) or "—"
        self.stdout.write(_("Missing in the document: %(names)s") % {"names": missing})
        state = told_state(outcome.published, wishes)
        self.stdout.write(f"{told_counts(outcome.changes, paper.warnings)} · {state}")
        if outcome.needs_update:
            needed = _("Item %(id)s is published: without --dry-run this needs --update.")
            self.stdout.write(needed % {"id": outcome.item_id})
        for notice in paper.warnings:
            where = _("line %(line)s: ") % {"line": notice.line} if notice.line else ""
            self.stdout.write(where + notice.text)
