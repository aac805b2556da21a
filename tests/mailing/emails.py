"""Filled mails for tests: what a subscriber with made-up tokens would get."""

import datetime as dt
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import transaction

from digest.archive.models import Issue
from digest.mailing.composing import ComposedEmail
from digest.mailing.message_ids import message_id
from digest.mailing.rendering.issue_content import load_content

LANGUAGES = ["zh-hant", "zh-hans", "en", "bilingual"]
DATE = dt.datetime(2024, 8, 30, 8, 0, tzinfo=dt.UTC)
TOKENS = {"unsubscribe": "u", "preferences": "p", "confirm": "c", "not_me": "n", "new_address": "a"}


def filled(mail: ComposedEmail, *, to: str = "rice@field.test", delivery: int = 7, mailing: int | None = 3) -> bytes:
    """The raw message for one made-up subscriber."""
    values = {name: letter.encode() * 43 for name, letter in TOKENS.items()}
    return b"".join(
        mail.mime_template.fill({**values, "to": to.encode(), "message_id": message_id(delivery, mailing).encode()})
    )


@contextmanager
def demo_archive(django_db_blocker: Any) -> Any:
    """The demo issue 17 with everything a mail needs of it; its rows go when the module is done."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("demo", verbosity=0, stdout=StringIO())
        yield load_content(Issue.objects.filter(number="17"))
        transaction.set_rollback(True)
