"""Fill a demo portal and send all kinds of email to its folder. Prints the links of each email as JSON.

There are the issue and the round-up in each language of mails, and each notice in each. Recipients are named after
what they get, such as confirm.en@farm.example.
"""

import datetime as dt
import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from digest.archive.models import Issue  # noqa: E402
from digest.mailing import demo_outbox, outbox  # noqa: E402
from digest.subscriptions.models import Notice, Subscriber  # noqa: E402
from tests.browser.write_mails import LANGUAGES  # noqa: E402
from tests.factories import make_subscriber  # noqa: E402
from tests.mailing.email_checker import checked  # noqa: E402


def subscribe(kind: str, language: str) -> Subscriber:
    """Create a subscriber who gets only this kind of email."""
    address, now = f"{kind}.{language}@farm.example", timezone.now()
    if kind == "issue":
        return make_subscriber(address, language=language)
    if kind == "round-up":
        return make_subscriber(address, language=language, rhythm="monthly")
    if kind in (Notice.Kind.CONFIRM, Notice.Kind.REMINDER):
        return make_subscriber(address, "pending", language, asked_at=now)
    pausing = {"language": language, "asked_at": now, "paused_until": timezone.localdate() + dt.timedelta(days=9)}
    if kind == Notice.Kind.NEW_ADDRESS:
        return make_subscriber(f"old.{language}@farm.example", new_address=address, **pausing)
    return make_subscriber(address, **pausing)


def links() -> dict[str, list[str]]:
    """Return links by recipient, including that of the List-Unsubscribe header."""
    found = {}
    for kept in demo_outbox.saved_emails():
        mail = checked(kept.file.read_bytes(), settings.SITE_URL)
        header = str(mail.message.get("List-Unsubscribe", "")).strip("<>")
        found[kept.recipient] = sorted({header, *mail.page.links} - {""})
    return found


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    # Before the demo, which then creates no subscribers.
    names = [*("issue", "round-up"), *Notice.Kind.values]
    subscribers = {(kind, language): subscribe(kind, language) for kind in names for language in LANGUAGES}
    call_command("demo", stdout=sys.stderr)
    for (kind, _language), subscriber in subscribers.items():
        if kind in Notice.Kind.values:
            Notice.objects.create(subscriber=subscriber, kind=kind)
    issue = Issue.objects.get(number="17")
    outbox.start(issue)
    outbox.start_round_up(timezone.localdate(issue.published_at))
    call_command("send_mailings", once=True, stdout=sys.stderr)
    json.dump({"links": links()}, sys.stdout)


if __name__ == "__main__":
    main()
