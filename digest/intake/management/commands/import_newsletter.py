"""import_newsletter FILE: import a newsletter into the archive."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from digest.archive.issue_numbers import parse_number
from digest.archive.models import Section
from digest.common.languages import LANGUAGES
from digest.intake.change_messages import counts_message, state_message
from digest.intake.commands import ImportCommand
from digest.intake.document_warning import DocumentWarning
from digest.intake.newsletter.document import Document
from digest.intake.newsletter.importing import ImportCallbacks, NewsletterImportResult, import_document
from digest.intake.newsletter.parser import parse
from digest.intake.options import ImportOptions
from digest.intake.reading import read_document

_LONG = 300  # items; no progress is shown for shorter imports
_WIDTH = 160  # characters of a warning that are printed; --json has all


class Command(ImportCommand):
    help = "Import a newsletter: a text file in UTF-8 or Big5, in Traditional or Simplified Chinese or in English."
    noun = "issue"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--number", default="", help="the issue's number, if the document does not say it")

    def run(self, options: dict[str, Any], import_options: ImportOptions) -> None:
        callbacks = ImportCallbacks(progress=self._show_progress)
        if not options["json"]:
            callbacks.differences = self.show_changes
        try:
            if options["number"]:
                parse_number(options["number"])
        except ValidationError as error:
            raise CommandError(f"--number: {' '.join(error.messages)}") from None
        document = parse(read_document(options["file"]), options["number"])
        outcome = import_document(document, import_options, callbacks)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(document, outcome, import_options), ensure_ascii=False))
        else:
            self._show(document, outcome, import_options)

    def _show_progress(self, done: int, total: int) -> None:
        if total >= _LONG and sys.stderr.isatty() and (done % 50 == 0 or done == total):
            end = "\n" if done == total else "\r"
            sys.stderr.write(f"{done}/{total}{end}")
            sys.stderr.flush()

    def _show(self, document: Document, outcome: NewsletterImportResult, import_options: ImportOptions) -> None:
        if import_options.dry_run:
            self.show_changes(outcome.changes)
        date = document.date.isoformat() if document.date else _("no date")
        language = LANGUAGES[document.language].label
        issue = _("Issue %s") % document.number
        self.stdout.write(f"\n{issue} · {date} · {language}")
        for section, counts in document.counts().items():
            line = _("%(new)3s new, including %(focus)s in focus; look-backs: %(look_back)s") % counts
            promoted = _("; promoted: %s") % counts["promoted"] if counts.get("promoted") else ""
            self.stdout.write(f"  {line}{promoted} · {Section(section).label}")
        state = state_message(outcome.published, import_options)
        self.stdout.write(f"{counts_message(outcome.changes, outcome.warnings)} · {state}")
        if outcome.needs_update:
            params = {"issue": document.number}
            self.stdout.write(_("Issue %(issue)s is published. To import without --dry-run, add --update.") % params)
        for warning in outcome.warnings:
            self.stdout.write(_as_line(warning))


def _as_line(warning: DocumentWarning) -> str:
    text = warning.text if len(warning.text) <= _WIDTH else f"{warning.text[:_WIDTH]}…"
    where = _("line %(line)s: ") % {"line": warning.line} if warning.line else ""
    return where + text


def as_json(document: Document, outcome: NewsletterImportResult, import_options: ImportOptions) -> dict[str, object]:
    """The import as a JSON object: the document, what was not recognised, and the changes."""
    return {
        "issue": {
            "number": document.number,
            "date": document.date.isoformat() if document.date else None,
            "language": document.language,
            "title": document.title,
            "programme_note": document.programme_note,
            "intro": document.intro,
            "themes": document.themes,
            "look_back_theme": document.look_back_theme,
        },
        "counts": document.counts(),
        "items": [entry.as_json() for entry in document.entries],
        "warnings": [warning.as_json() for warning in outcome.warnings],
        "changes": [change.as_json() for change in outcome.changes],
        "published": outcome.published,
        "dry_run": import_options.dry_run,
        "needs_update": outcome.needs_update,
    }
