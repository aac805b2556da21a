"""import_newsletter FILE: a newsletter's document into the archive."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from digest.archive.models import Section
from digest.archive.numbers import parse_number
from digest.common.languages import LANGUAGES
from digest.intake.commands import ImportCommand
from digest.intake.importing import Outcome, Watching, Wishes, import_document
from digest.intake.newsletter.document import Document
from digest.intake.newsletter.parser import parse
from digest.intake.notice import Notice
from digest.intake.reading import read_document
from digest.intake.telling import told_counts, told_state

_LONG = 300  # entries; shorter imports are over before a progress line is read
_WIDTH = 160  # characters of a warning shown to people; --json has them whole


class Command(ImportCommand):
    help = "Import a newsletter: a text file in UTF-8 or Big5, in Traditional or Simplified Chinese or in English."
    noun = "issue"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--number", default="", help="the issue's number, if the document does not say it")

    def run(self, options: dict[str, Any], wishes: Wishes) -> None:
        watching = Watching(progress=self._show_progress)
        if not options["json"]:
            watching.differences = self.show_changes
        try:
            if options["number"]:
                parse_number(options["number"])
        except ValidationError as error:
            raise CommandError(f"--number: {' '.join(error.messages)}") from None
        document = parse(read_document(options["file"]), options["number"])
        outcome = import_document(document, wishes, watching)
        document.warnings.sort(key=lambda notice: notice.line or 0)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(document, outcome, wishes), ensure_ascii=False))
        else:
            self._show(document, outcome, wishes)

    def _show_progress(self, done: int, total: int) -> None:
        if total >= _LONG and sys.stderr.isatty() and (done % 50 == 0 or done == total):
            end = "\n" if done == total else "\r"
            sys.stderr.write(f"{done}/{total}{end}")
            sys.stderr.flush()

    def _show(self, document: Document, outcome: Outcome, wishes: Wishes) -> None:
        if wishes.dry_run:
            self.show_changes(outcome.changes)
        date = document.date.isoformat() if document.date else _("no date")
        language = LANGUAGES[document.language].label
        issue = _("Issue %s") % document.number
        self.stdout.write(f"\n{issue} · {date} · {language}")
        for section, counts in document.counts().items():
            line = _("%(new)3s new, of them in focus %(focus)s; look-backs: %(look_back)s") % counts
            promoted = _("; promoted: %s") % counts["promoted"] if counts.get("promoted") else ""
            self.stdout.write(f"  {line}{promoted} · {Section(section).label}")
        state = told_state(outcome.published, wishes)
        self.stdout.write(f"{told_counts(outcome.changes, document.warnings)} · {state}")
        if outcome.needs_update:
            told = {"issue": document.number}
            self.stdout.write(_("Issue %(issue)s is published: without --dry-run this needs --update.") % told)
        for notice in document.warnings:
            self.stdout.write(_as_line(notice))


def _as_line(notice: Notice) -> str:
    text = notice.text if len(notice.text) <= _WIDTH else f"{notice.text[:_WIDTH]}…"
    where = _("line %(line)s: ") % {"line": notice.line} if notice.line else ""
    return where + text


def as_json(document: Document, outcome: Outcome, wishes: Wishes) -> dict[str, object]:
    """The whole import as one JSON object: what the document says, what was not understood, what changed."""
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
        "warnings": [notice.as_json() for notice in document.warnings],
        "changes": [change.as_json() for change in outcome.changes],
        "published": outcome.published,
        "dry_run": wishes.dry_run,
        "needs_update": outcome.needs_update,
    }
