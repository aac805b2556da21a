"""import_paper FILE: a paper's text into the archive, as one research item."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from digest.intake.differences import Change
from digest.intake.importing import Refused, Wishes
from digest.intake.paper.document import Paper
from digest.intake.paper.importing import Outcome, import_paper
from digest.intake.paper.parser import parse
from digest.intake.paper.report import as_json, sections
from digest.intake.reading import Unreadable, read_document


class Command(BaseCommand):
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
            self.stdout.write(str(change))

    def _show(self, paper: Paper, outcome: Outcome, wishes: Wishes) -> None:
        cited = paper.cited
        told = {
            "sections": len(sections(paper)),
            "marks": len(cited),
            "distinct": len(set(cited)),
            "changes": len(outcome.changes),
            "warnings": len(paper.warnings),
        }
        self.stdout.write(_("%(sections)s sections, %(marks)s citations of %(distinct)s references") % told)
        self.stdout.write(_("Missing in the document: %(names)s") % {"names": ", ".join(paper.missing) or "—"})
        self.stdout.write(_("%(changes)s changes, %(warnings)s warnings") % told + self._state(outcome, wishes))
        for notice in paper.warnings:
            self.stdout.write(_("line %(line)s: ") % {"line": notice.line} + notice.text)

    def _state(self, outcome: Outcome, wishes: Wishes) -> str:
        if wishes.dry_run:
            return f" · {_('dry run, nothing written')}"
        return f" · {_('published') if outcome.published else _('a draft, not published')}"
