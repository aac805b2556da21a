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
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.csv_import import import_csv
from digest.subscriptions.csv_reader import RESULT_LABELS, RowResult, UnreadableFile
from digest.subscriptions.models import Subscriber


class Command(LocalizedCommand):
    help = "Import subscribers from a CSV file and report the result of each row. Never gives consent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only report what would be done")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        codes = [code for code, _label in Subscriber.MAIL_LANGUAGES]
        parser.add_argument(
            "--language", default=settings.LANGUAGE_CODE, choices=codes, help="default for rows without a language"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, dry_run = options["file"], options["dry_run"]
        try:
            text = path.read_bytes().decode("utf-8-sig")
            results = import_csv(text, options["language"], ConsentSource("import"), dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path}: " + _("This file is not UTF-8; save it as “CSV UTF-8”.")) from error
        except UnreadableFile as error:
            raise CommandError(f"{path}: {error}") from error
        except DatabaseError as error:
            reason = str(error).splitlines()[0]
            note = _(
                "The database failed: %(reason)s. Run the import again: subscribers already imported are left "
                "unchanged."
            )
            raise CommandError(note % {"reason": reason}) from error
        self.report(results, options)

    def report(self, results: list[RowResult], options: dict[str, Any]) -> None:
        counts = Counter(result.kind for result in results)
        if options["json"]:
            rows = [vars(result) for result in results]
            text = json.dumps({"dry_run": options["dry_run"], "counts": counts, "rows": rows}, ensure_ascii=False)
            self.stdout.write(text)
            return
        for result in results:
            values = {"line": result.line, "kind": result.label, "reason": result.reason}
            self.stdout.write((_("Line %(line)s: %(kind)s. %(reason)s") % values).rstrip())
        parts = [f"{RESULT_LABELS[kind]}: {count}" for kind, count in sorted(counts.items())]
        summary = " · ".join(parts) or _("no rows")
        self.stdout.write((_("Expected: %s") if options["dry_run"] else _("Done: %s")) % summary)
