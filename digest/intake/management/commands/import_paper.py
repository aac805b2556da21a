"""import_paper FILE: a paper's text into the archive, as one research item."""

import json
from typing import Any

from django.utils.translation import gettext as _

from digest.common.languages import current
from digest.intake.commands import ImportCommand
from digest.intake.differences import Change
from digest.intake.importing import Wishes
from digest.intake.paper.document import Paper
from digest.intake.paper.importing import Outcome, import_paper
from digest.intake.paper.parser import parse
from digest.intake.paper.report import as_json, missing_in_words, sections
from digest.intake.reading import read_document
from digest.intake.telling import told_counts, told_state


class Command(ImportCommand):
    help = "Import a paper, a text file in UTF-8 or Big5: abstracts, sections, figures, citations, references."
    noun = "item"

    def run(self, options: dict[str, Any], wishes: Wishes) -> None:
        paper = parse(read_document(options["file"]))
        outcome = import_paper(paper, wishes, self._keep_quiet if options["json"] else self.show_changes)
        if options["json"]:
            found = as_json(paper, outcome) | {"dry_run": wishes.dry_run}
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            self._show(paper, outcome, wishes)

    def _keep_quiet(self, changes: list[Change]) -> None:
        """Only the JSON object tells of changes."""

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
