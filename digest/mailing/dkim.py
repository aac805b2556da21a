"""DKIM signatures (RFC 6376), for mail servers that do not sign."""

import functools
from pathlib import Path

from django.conf import settings

# Signed once more often than they occur, so that none can be added later (RFC 6376, 5.4).
OVERSIGNED = ("From", "Subject")
SIGNED = (
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Language"),
    # RFC 8058, 4: both must be signed, or email programs do not offer one-click unsubscribe.
    *("List-Unsubscribe", "List-Unsubscribe-Post"),
    *("List-Id", "List-Archive", "List-Help", "Feedback-ID", "Precedence", "Auto-Submitted", "Reply-To"),
)


def signed(message: list[bytes]) -> list[bytes]:
    """The message, signed if a key is set. Signing takes milliseconds."""
    if not settings.DKIM_KEY_FILE:
        return message
    return [signature(b"".join(message)), *message]


def signature(message: bytes) -> bytes:
    """The DKIM-Signature field of a whole message, with its line end; d= is the domain of MAIL_FROM."""
    import dkim  # loads a DNS resolver, so only where it is used

    present = {line.partition(b":")[0].lower() for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")}
    names = [name for name in SIGNED if name.lower().encode() in present]
    return bytes(
        dkim.sign(
            message,
            selector=settings.DKIM_SELECTOR.encode(),
            domain=_domain().encode(),
            privkey=_key(settings.DKIM_KEY_FILE),
            canonicalize=(b"relaxed", b"simple"),  # nothing on the way touches base64 lines
            include_headers=[*names, *OVERSIGNED],
        )
    )


def _domain() -> str:
    return str(settings.MAIL_FROM).rpartition("@")[2].rstrip("> ")


@functools.lru_cache(maxsize=2)
def _key(path: str) -> bytes:
    return Path(path).read_bytes()
