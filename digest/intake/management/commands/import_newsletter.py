"""import_newsletter FILE: a newsletter's document into the archive."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from digest.archive.models import Section
from digest.archive.numbers import parse_number
from digest.common.commands import SpokenCommand
from digest.common.languages import LANGUAGES
from digest.intake.differences import Change
from digest.intake.importing import Outcome, Refused, Watching, Wishes, import_document
from digest.intake.newsletter.document import Document, Notice
from digest.intake.newsletter.parser import parse
from digest.intake.reading import Unreadable, read_document
from digest.intake.telling import tell, told_counts, told_state

_LONG = 300  # entries; shorter imports are over before a progress line is read
_WIDTH = 160  # characters of a warning shown to people; --json has them whole


class Command(SpokenCommand):
    help = "Import a newsletter: a text file in UTF-8 or Big5, in Traditional or Simplified Chinese or in English."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, but tell what would change")
        parser.add_argument("--publish", action="store_true", help="publish the issue; else it stays a draft")
        parser.add_argument("--update", action="store_true", help="change an issue that is published already")
        parser.add_argument("--number", default="", help="the issue's number, if the document does not say it")

    def handle(self, *args: Any, **options: Any) -> None:
        wishes = Wishes(options["dry_run"], options["publish"], options["update"])
        watching = Watching(progress=self._show_progress)
        if not options["json"]:
            watching.differences = self._show_changes
        try:
            if options["number"]:
                parse_number(options["number"])
            document = parse(read_document(options["file"]), options["number"])
            outcome = import_document(document, wishes, watching)
        except (Unreadable, Refused) as error:
            raise CommandError(f"{options['file']}: {error}") from None
        except ValidationError as error:
            raise CommandError(f"--number: {' '.join(error.messages)}") from None
        except DatabaseError as error:
            reason = str(error).splitlines()[0]
            raise CommandError(_("The archive could not be written: %(reason)s") % {"reason": reason}) from error
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

    def _show_changes(self, changes: list[Change]) -> None:
        for change in changes:
            self.stdout.write(tell(change))

    def _show(self, document: Document, outcome: Outcome, wishes: Wishes) -> None:
        if wishes.dry_run:
            self._show_changes(outcome.changes)
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
