"""Tokens in the links of emails: each identifies one subscriber and has one purpose.

Tokens are not stored. A token is computed from a random secret in the subscriber's row and the portal's key, and is
checked by computing it again. So a copy of the database gives no access, and no row has to be written for an email.
A new secret invalidates all older tokens of a subscriber.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from django.conf import settings
from django.utils import timezone

from digest.subscriptions.models import Subscriber

LENGTH = 43  # characters of [A-Za-z0-9_-]: 8 bytes of id and 24 bytes (192 bits) of HMAC-SHA256
CONFIRM_LIFE = dt.timedelta(hours=48)
_ID_BYTES, _MAC_BYTES = 8, 24


class Purpose(StrEnum):
    CONFIRM = "confirm"
    NOT_ME = "not-me"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    NEW_ADDRESS = "new-address"


def make(purpose: Purpose | str, subscriber: Subscriber) -> str:
    """The token for this purpose: always 43 characters, and the same until the row's secret changes."""
    extra = _extra(Purpose(purpose), subscriber)
    return _encode(
        _number(subscriber.pk) + _mac(settings.SECRET_KEY, purpose, subscriber.pk, subscriber.secret, extra)
    )


def make_permanent(purpose: Literal[Purpose.UNSUBSCRIBE, Purpose.PREFERENCES], subscriber_id: int, secret: str) -> str:
    """Like `make`, for purposes that need only the id and the secret: a mailing makes very many of these."""
    return _encode(_number(subscriber_id) + _mac(settings.SECRET_KEY, purpose, subscriber_id, secret, ""))


def read(purpose: Purpose | str, text: str) -> Subscriber | None:
    """The subscriber whose token this is, or None unless it is a valid token for this purpose.

    CONFIRM and NEW_ADDRESS links can always be viewed, but only be used while `is_fresh`.
    """
    raw = _decode(text)
    if raw is None:
        return None
    number = int.from_bytes(raw[:_ID_BYTES], "big")
    # One query and one comparison, whether the row exists or not.
    subscriber = Subscriber.objects.exclude(state=Subscriber.State.ERASED).filter(pk=min(number, 2**63 - 1)).first()
    row = subscriber or Subscriber(pk=0, secret="")
    is_good = False
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        mac = _mac(secret, purpose, row.pk, row.secret, _extra(Purpose(purpose), row))
        is_good |= hmac.compare_digest(mac, raw[_ID_BYTES:])
    return subscriber if is_good else None


def is_fresh(subscriber: Subscriber, now: dt.datetime | None = None) -> bool:
    """Whether the link requested at `asked_at` can still be used."""
    return (now or timezone.now()) < subscriber.asked_at + CONFIRM_LIFE


def _number(subscriber_id: int) -> bytes:
    return subscriber_id.to_bytes(_ID_BYTES, "big")


def _mac(key: str, purpose: str, subscriber_id: int, secret: str, extra: str) -> bytes:
    text = f"{subscriber_id}\0{secret}\0{extra}"
    return hmac.digest(_key(key, purpose), text.encode(), "sha256")[:_MAC_BYTES]


def _extra(purpose: Purpose, subscriber: Subscriber) -> str:
    """What else the token depends on: it becomes invalid when this changes."""
    if purpose == Purpose.CONFIRM:
        return subscriber.asked_at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return subscriber.new_address if purpose == Purpose.NEW_ADDRESS else ""


@lru_cache(maxsize=32)
def _key(secret: str, purpose: str) -> bytes:
    return hashlib.sha256(f"snz subscriber token\0{purpose}\0{secret}".encode()).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    """The 32 bytes, or None if the text is not exactly what `_encode` produces."""
    if len(text) != LENGTH or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=", validate=True)
    except binascii.Error:
        return None
    return raw if _encode(raw) == text else None
