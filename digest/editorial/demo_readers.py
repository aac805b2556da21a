"""The demo's readers: made up, at names that are reserved for examples (RFC 2606), and issue 17 sent to them."""

import csv
import io
from pathlib import Path

from django.conf import settings
from django.db import transaction

from digest.archive.models import Issue, Topic
from digest.mailing import outbox
from digest.mailing.demo_outbox import empty
from digest.mailing.models import Mailing
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.csv_import import import_csv
from digest.subscriptions.models import Subscriber

ISSUE = "17"


@transaction.atomic
def load_readers(file: Path) -> int:
    """Import the readers from a CSV file whose topics are slugs, if there is nobody yet; returns how many."""
    if Subscriber.objects.exists():
        return 0
    ids = {slug: str(pk) for slug, pk in Topic.objects.values_list("slug", "pk")}
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    for row in rows:
        slugs = [slug for slug in row["topics"].split(",") if slug in ids]
        writer.writerow({**row, "topics": ",".join(ids[slug] for slug in slugs)})
    outcomes = import_csv(out.getvalue(), settings.LANGUAGE_CODE, ConsentSource("demo"))
    return sum(outcome.kind == "added" for outcome in outcomes)


def send_issue() -> Mailing | None:
    """Freeze issue 17's mailing in a database that was made just now; None where there is no such issue.

    What an older database of this machine had sent is none of its business: its mails go, and its mark, too.
    """
    issue = Issue.objects.published().complete().filter(number=ISSUE).first()
    if issue is None:
        return None
    empty()
    outbox.unlock()
    return outbox.start(issue)
