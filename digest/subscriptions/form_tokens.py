"""Tokens of forms that everybody may send: when the page was made, signed; each is good for one sending."""

import datetime as dt
import hashlib
import secrets
from enum import Enum

from django.core import signing
from django.utils import timezone

from digest.subscriptions.models import SpentFormToken

LEAST = dt.timedelta(seconds=2)  # nobody types an address in less
MOST = dt.timedelta(hours=2)
_SALT = "digest.subscriptions.form_tokens"


class Verdict(Enum):
    GOOD = "good"
    TOO_FAST = "too fast"
    OLD = "old"  # or not ours
    SPENT = "spent"


def make(*, after_typing: bool = False, now: dt.datetime | None = None) -> str:
    """A new token. `after_typing`: the page answers something typed before, and may be sent back at once."""
    made = now or timezone.now()
    if after_typing:
        made -= LEAST
    return signing.Signer(salt=_SALT).sign(f"{int(made.timestamp() * 1000)}.{secrets.token_urlsafe(12)}")


def judge(token: str, now: dt.datetime | None = None) -> Verdict:
    """Whether a form with this token may be acted upon; changes nothing."""
    now = now or timezone.now()
    try:
        text = signing.Signer(salt=_SALT).unsign(token[:200])
    except signing.BadSignature:
        return Verdict.OLD
    age = now - dt.datetime.fromtimestamp(int(text.partition(".")[0]) / 1000, dt.UTC)
    if not dt.timedelta() - LEAST <= age <= MOST:
        return Verdict.OLD
    return Verdict.TOO_FAST if age < LEAST else Verdict.GOOD


def spend(token: str, now: dt.datetime | None = None) -> Verdict:
    """As `judge`, and a good one is used up: of any number of requests with it, one gets GOOD."""
    verdict = judge(token, now)
    if verdict == Verdict.OLD:
        return verdict
    digest = hashlib.sha256(token.encode()).hexdigest()
    _row, is_new = SpentFormToken.objects.get_or_create(digest=digest, defaults={"spent_at": now or timezone.now()})
    return verdict if is_new else Verdict.SPENT


def forget_old(now: dt.datetime) -> int:
    """Remove what is too old to be used again anyway; returns how many."""
    return SpentFormToken.objects.filter(spent_at__lt=now - MOST - dt.timedelta(hours=1)).delete()[0]
