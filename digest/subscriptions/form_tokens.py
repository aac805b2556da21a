"""Tokens in public forms: a signed time of the page, valid for one submission."""

import datetime as dt
import hashlib
import secrets
from enum import Enum

from django.core import signing
from django.utils import timezone

from digest.subscriptions.models import SpentFormToken

MIN_AGE = dt.timedelta(seconds=2)  # nobody types an address faster
MAX_AGE = dt.timedelta(hours=2)
_SALT = "digest.subscriptions.form_tokens"


class TokenStatus(Enum):
    GOOD = "good"
    TOO_FAST = "too fast"
    OLD = "old"  # or invalid
    USED = "spent"


def make(*, after_typing: bool = False, now: dt.datetime | None = None) -> str:
    """A new token. With `after_typing` (values are already filled in), the form may be submitted at once."""
    made = now or timezone.now()
    if after_typing:
        made -= MIN_AGE
    return signing.Signer(salt=_SALT).sign(f"{int(made.timestamp() * 1000)}.{secrets.token_urlsafe(12)}")


def validate(token: str, now: dt.datetime | None = None) -> TokenStatus:
    """The status of a token, without using it up."""
    now = now or timezone.now()
    try:
        text = signing.Signer(salt=_SALT).unsign(token[:200])
    except signing.BadSignature:
        return TokenStatus.OLD
    age = now - dt.datetime.fromtimestamp(int(text.partition(".")[0]) / 1000, dt.UTC)
    if not dt.timedelta() - MIN_AGE <= age <= MAX_AGE:
        return TokenStatus.OLD
    return TokenStatus.TOO_FAST if age < MIN_AGE else TokenStatus.GOOD


def consume(token: str, now: dt.datetime | None = None) -> TokenStatus:
    """Like `validate`, but use up the token: of any number of requests with it, only one gets GOOD."""
    status = validate(token, now)
    if status == TokenStatus.OLD:
        return status
    digest = hashlib.sha256(token.encode()).hexdigest()
    _row, is_new = SpentFormToken.objects.get_or_create(digest=digest, defaults={"spent_at": now or timezone.now()})
    return status if is_new else TokenStatus.USED


def delete_old(now: dt.datetime) -> int:
    """Delete used tokens that have expired; returns how many."""
    return SpentFormToken.objects.filter(spent_at__lt=now - MAX_AGE - dt.timedelta(hours=1)).delete()[0]
