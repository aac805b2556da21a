"""`manage.py import_subscribers FILE.csv [--dry-run] [--json]`"""

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from digest.subscriptions.consent import Way
from digest.subscriptions.importing import NotReadable, Outcome, import_csv
from digest.subscriptions.models import Subscriber


class Command(BaseCommand):
    help = "Import subscribers from a CSV file, and say of each row what became of it. Never raises consent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        codes = [code for code, _label in Subscriber.MAIL_LANGUAGES]
        parser.add_argument("--language", default=settings.LANGUAGE_CODE, choices=codes, help="for rows without one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as lines, transaction.atomic():
                outcomes = list(import_csv(lines, options["language"], Way("import")))
                transaction.set_rollback(options["dry_run"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{options['file']}: not UTF-8; save it as “CSV UTF-8”.") from error
        except NotReadable as error:
            raise CommandError(f"{options['file']}: {error}") from error
        self.report(outcomes, options)

    def report(self, outcomes: list[Outcome], options: dict[str, Any]) -> None:
        counts = Counter(outcome.kind for outcome in outcomes)
        if options["json"]:
            rows = [vars(outcome) for outcome in outcomes]
            text = json.dumps({"dry_run": options["dry_run"], "counts": counts, "rows": rows}, ensure_ascii=False)
            self.stdout.write(text)
            return
        for outcome in outcomes:
            self.stdout.write(f"Line {outcome.line}: {outcome.kind}. {outcome.reason}".rstrip())
        summary = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "no rows"
        self.stdout.write(f"Would be: {summary}." if options["dry_run"] else f"Done: {summary}.")
