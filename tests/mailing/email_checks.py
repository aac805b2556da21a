"""Checks every email that a test composes or builds for a recipient, in all tests."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.conf import settings

from digest.mailing import composing
from digest.mailing.personalize import MessageBuilder
from tests.mailing.email_checker import checked
from tests.mailing.emails import filled

seen: Counter[str] = Counter()  # emails checked so far, by where they were made
faults: list[str] = []  # found since the list was last emptied: a sender may handle the error as that of one bad row


@contextmanager
def every_mail_checked() -> Iterator[None]:
    """Raise an AssertionError where an email with a fault is made; messages of `mime_template` are not checked."""
    compose, notice, build = composing.compose, composing.notice, MessageBuilder.build

    def compose_and_check(*args: Any, **kwargs: Any) -> composing.ComposedEmail:
        mail = compose(*args, **kwargs)
        _check("composed", filled(mail))
        return mail

    def notice_and_check(*args: Any, **kwargs: Any) -> composing.ComposedEmail:
        mail = notice(*args, **kwargs)
        _check("composed", filled(mail, mailing=None))
        return mail

    def build_and_check(builder: MessageBuilder, claimed: Any) -> list[bytes]:
        message = build(builder, claimed)
        _check("built", b"".join(message))
        return message

    with (
        patch.object(composing, "compose", compose_and_check),
        patch.object(composing, "notice", notice_and_check),
        patch.object(MessageBuilder, "build", build_and_check),
    ):
        yield


def _check(where: str, raw: bytes) -> None:
    seen[where] += 1
    try:
        checked(raw, settings.SITE_URL)
    except AssertionError as error:
        faults.append(str(error))
        raise
