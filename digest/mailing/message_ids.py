"""The Message-ID and return path of a delivery, both signed with the portal's key."""

import functools
import hmac
import re
from urllib.parse import urlsplit

from django.conf import settings

_PURPOSES = {"message": b"digest.mailing.identity message", "bounce": b"digest.mailing.identity bounce"}
_MESSAGE_ID = re.compile(
    r"<?(?P<signed>(?:m[1-9]\d{0,18}|n0)\.(?P<delivery>[1-9]\d{0,18}))\.(?P<seal>[0-9a-f]{16})@[^\s<>@]+>?"
)
_RETURN_PATH = re.compile(r"<?[^\s<>@]+\+(?P<signed>(?P<delivery>[1-9]\d{0,18}))\.(?P<seal>[0-9a-f]{16})@[^\s<>@]+>?")


def message_id(delivery_id: int, mailing_id: int | None) -> str:
    """The Message-ID of a delivery (RFC 5322, 3.6.4), the same at each attempt; `mailing_id` is None for a notice.

    Servers and Sieve scripts use it to drop duplicates (RFC 7352), for example of an email sent again by an operator.
    """
    signed = f"m{mailing_id}.{delivery_id}" if mailing_id else f"n0.{delivery_id}"
    return f"<{signed}.{_seal('message', signed, settings.SECRET_KEY)}@{site_host()}>"


def envelope_sender(delivery_id: int) -> str:
    """The return path that bounces of this delivery are sent to (VERP): MAIL_BOUNCES with an extension."""
    mailbox, _at, domain = settings.MAIL_BOUNCES.rpartition("@")
    signed = str(delivery_id)
    return f"{mailbox}+{signed}.{_seal('bounce', signed, settings.SECRET_KEY)}@{domain}"


def delivery_id_from(text: str) -> int | None:
    """The id of the delivery that a Message-ID or return path belongs to, with or without <>; None if not ours."""
    text = text.strip().lower()  # some servers change the case of return paths
    for purpose, pattern in (("message", _MESSAGE_ID), ("bounce", _RETURN_PATH)):
        if (found := pattern.fullmatch(text)) and _is_ours(purpose, found["signed"], found["seal"]):
            return int(found["delivery"])
    return None


def _is_ours(purpose: str, signed: str, seal: str) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(_seal(purpose, signed, key), seal) for key in keys)


def site_host() -> str:
    """The host that the portal stands at, by SITE_URL."""
    return _host(settings.SITE_URL)


@functools.lru_cache(maxsize=8)
def _host(site_url: str) -> str:
    return urlsplit(site_url).hostname or ""


def _seal(purpose: str, signed: str, secret_key: str) -> str:
    return hmac.digest(_key(purpose, secret_key), signed.encode(), "sha256").hex()[:16]


@functools.lru_cache(maxsize=8)
def _key(purpose: str, secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), _PURPOSES[purpose], "sha256")
