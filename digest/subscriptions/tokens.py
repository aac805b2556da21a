"""Tokens in the links of mails: each names one subscriber and serves one purpose.

Nothing usable is at rest: a token is made, whenever a mail is, from a random secret of the subscriber's row and the
portal's key, and checked by making it again. So a copy of the database opens nothing, which hashed tokens would
promise as well, and no row has to be written for a mail. A new secret makes all older tokens of a subscriber void.
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
    """The token of this purpose: always 43 characters, the same as long as the row's secret is the same."""
    extra = _extra(Purpose(purpose), subscriber)
    return _encode(
        _number(subscriber.pk) + _mac(settings.SECRET_KEY, purpose, subscriber.pk, subscriber.secret, extra)
    )


def make_permanent(purpose: Literal[Purpose.UNSUBSCRIBE, Purpose.PREFERENCES], subscriber_id: int, secret: str) -> str:
    """`make` for the purposes that need nothing else of a subscriber's row: a mailing makes a million of them."""
    return _encode(_number(subscriber_id) + _mac(settings.SECRET_KEY, purpose, subscriber_id, secret, ""))


def read(purpose: Purpose | str, text: str) -> Subscriber | None:
    """Whose token this is, or None for anything but a token of this purpose that is still good.

    Those for CONFIRM and NEW_ADDRESS may be viewed for good, and used while `is_fresh`.
    """
    raw = _decode(text)
    if raw is None:
        return None
    number = int.from_bytes(raw[:_ID_BYTES], "big")
    # One query and one comparison whether the row is there or not.
    subscriber = Subscriber.objects.exclude(state=Subscriber.State.ERASED).filter(pk=min(number, 2**63 - 1)).first()
    row = subscriber or Subscriber(pk=0, secret="")
    is_good = False
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        mac = _mac(secret, purpose, row.pk, row.secret, _extra(Purpose(purpose), row))
        is_good |= hmac.compare_digest(mac, raw[_ID_BYTES:])
    return subscriber if is_good else None


def is_fresh(subscriber: Subscriber, now: dt.datetime | None = None) -> bool:
    """Whether a link that was asked for at `asked_at` may still be used."""
    return (now or timezone.now()) < subscriber.asked_at + CONFIRM_LIFE


def _number(subscriber_id: int) -> bytes:
    return subscriber_id.to_bytes(_ID_BYTES, "big")


def _mac(key: str, purpose: str, subscriber_id: int, secret: str, extra: str) -> bytes:
    text = f"{subscriber_id}\0{secret}\0{extra}"
    return hmac.digest(_key(key, purpose), text.encode(), "sha256")[:_MAC_BYTES]


def _extra(purpose: Purpose, subscriber: Subscriber) -> str:
    """What else a token depends on: it is void once that has changed."""
    if purpose == Purpose.CONFIRM:
        return subscriber.asked_at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return subscriber.new_address if purpose == Purpose.NEW_ADDRESS else ""


@lru_cache(maxsize=32)
def _key(secret: str, purpose: str) -> bytes:
    return hashlib.sha256(f"snz subscriber token\0{purpose}\0{secret}".encode()).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    """The 32 bytes, if they are written in the one way that `_encode` writes them."""
    if len(text) != LENGTH or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=", validate=True)
    except binascii.Error:
        return None
    return raw if _encode(raw) == text else None
