"""Loads the demo's invented subscribers, at example domains (RFC 2606), and starts the mailing of issue 17 to them."""

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
def load_subscribers(file: Path) -> int:
    """Import subscribers from a CSV file that has topics as slugs, if there are none yet; returns how many."""
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


def start_mailing() -> Mailing | None:
    """Freeze the mailing of issue 17 in a new database; None if there is no such issue.

    Emails that an earlier demo database on this machine has sent are deleted, and the outbox is unlocked.
    """
    issue = Issue.objects.published().complete().filter(number=ISSUE).first()
    if issue is None:
        return None
    empty()
    outbox.unlock()
    return outbox.start(issue)
