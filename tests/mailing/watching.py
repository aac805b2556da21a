"""Every mail that a test composes, or writes to somebody, goes through the checker, whether the test asks or not."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.conf import settings

from digest.mailing import composing
from digest.mailing.writing import Desk
from tests.mailing.checker import checked
from tests.mailing.letters import filled

seen: Counter[str] = Counter()  # mails checked so far, by where they were met
faults: list[str] = []  # found since the list was last emptied: a sender may take an error for a poison row's


@contextmanager
def every_mail_checked() -> Iterator[None]:
    """Within it a mail with a fault is an AssertionError where it is made. Mails only: `wire` makes other messages."""
    compose, notice, write = composing.compose, composing.notice, Desk.write

    def compose_and_check(*args: Any, **kwargs: Any) -> composing.Composed:
        mail = compose(*args, **kwargs)
        _check("composed", filled(mail))
        return mail

    def notice_and_check(*args: Any, **kwargs: Any) -> composing.Composed:
        mail = notice(*args, **kwargs)
        _check("composed", filled(mail, mailing=None))
        return mail

    def write_and_check(desk: Desk, claimed: Any) -> list[bytes]:
        message = write(desk, claimed)
        _check("written", b"".join(message))
        return message

    with (
        patch.object(composing, "compose", compose_and_check),
        patch.object(composing, "notice", notice_and_check),
        patch.object(Desk, "write", write_and_check),
    ):
        yield


def _check(where: str, raw: bytes) -> None:
    seen[where] += 1
    try:
        checked(raw, settings.SITE_URL)
    except AssertionError as error:
        faults.append(str(error))
        raise
