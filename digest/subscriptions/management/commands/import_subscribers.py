"""`manage.py import_subscribers FILE.csv [--dry-run] [--json]`"""

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from digest.common.commands import LocalizedCommand
from digest.subscriptions.consent import Way
from digest.subscriptions.csv_rows import KINDS, NotReadable, Outcome
from digest.subscriptions.importing import import_csv
from digest.subscriptions.models import Subscriber


class Command(LocalizedCommand):
    help = "Import subscribers from a CSV file, and say of each row what became of it. Never raises consent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        codes = [code for code, _label in Subscriber.MAIL_LANGUAGES]
        parser.add_argument("--language", default=settings.LANGUAGE_CODE, choices=codes, help="for rows without one")

    def handle(self, *args: Any, **options: Any) -> None:
        path, is_dry = options["file"], options["dry_run"]
        try:
            text = path.read_bytes().decode("utf-8-sig")
            outcomes = import_csv(text, options["language"], Way("import"), is_dry=is_dry)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path}: " + _("This file is not UTF-8; save it as “CSV UTF-8”.")) from error
        except NotReadable as error:
            raise CommandError(f"{path}: {error}") from error
        except DatabaseError as error:
            reason = str(error).splitlines()[0]
            note = _("The database failed: %(reason)s. Run the import again: who is in already is kept as is.")
            raise CommandError(note % {"reason": reason}) from error
        self.report(outcomes, options)

    def report(self, outcomes: list[Outcome], options: dict[str, Any]) -> None:
        counts = Counter(outcome.kind for outcome in outcomes)
        if options["json"]:
            rows = [vars(outcome) for outcome in outcomes]
            text = json.dumps({"dry_run": options["dry_run"], "counts": counts, "rows": rows}, ensure_ascii=False)
            self.stdout.write(text)
            return
        for outcome in outcomes:
            told = {"line": outcome.line, "kind": outcome.label, "reason": outcome.reason}
            self.stdout.write((_("Line %(line)s: %(kind)s. %(reason)s") % told).rstrip())
        parts = [f"{KINDS[kind]}: {count}" for kind, count in sorted(counts.items())]
        summary = " · ".join(parts) or _("no rows")
        self.stdout.write((_("Would be: %s") if options["dry_run"] else _("Done: %s")) % summary)
