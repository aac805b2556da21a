"""import_paper FILE: import a paper into the archive as one research item."""

import json
from typing import Any

from django.utils.translation import gettext as _

from digest.common.languages import current
from digest.intake.change_log import ImportChange
from digest.intake.change_messages import counts_message, state_message
from digest.intake.commands import ImportCommand
from digest.intake.options import ImportOptions
from digest.intake.paper.document import Paper
from digest.intake.paper.importing import PaperImportResult, import_paper
from digest.intake.paper.parser import parse
from digest.intake.paper.report import as_json, missing_labels, sections
from digest.intake.reading import read_document


class Command(ImportCommand):
    help = "Import a paper, a text file in UTF-8 or Big5: abstracts, sections, figures, citations, references."
    noun = "item"

    def run(self, options: dict[str, Any], import_options: ImportOptions) -> None:
        paper = parse(read_document(options["file"]))
        outcome = import_paper(paper, import_options, self._ignore_changes if options["json"] else self.show_changes)
        if options["json"]:
            found = as_json(paper, outcome) | {"dry_run": import_options.dry_run}
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            self._show(paper, outcome, import_options)

    def _ignore_changes(self, changes: list[ImportChange]) -> None:
        """Print no changes: the JSON object contains them."""

    def _show(self, paper: Paper, outcome: PaperImportResult, import_options: ImportOptions) -> None:
        cited = paper.cited
        params = {"sections": len(sections(paper)), "marks": len(cited), "distinct": len(set(cited))}
        self.stdout.write(_("sections: %(sections)s · citations: %(marks)s · references: %(distinct)s") % params)
        missing = current().comma.join(missing_labels(paper)) or "—"
        self.stdout.write(_("Missing from the document: %(names)s") % {"names": missing})
        state = state_message(outcome.published, import_options)
        self.stdout.write(f"{counts_message(outcome.changes, paper.warnings)} · {state}")
        if outcome.needs_update:
            needed = _("Item %(id)s is published. To import without --dry-run, add --update.")
            self.stdout.write(needed % {"id": outcome.item_id})
        for warning in paper.warnings:
            where = _("line %(line)s: ") % {"line": warning.line} if warning.line else ""
            self.stdout.write(where + warning.text)
