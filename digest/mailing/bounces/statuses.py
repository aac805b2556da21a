"""Bounces classified by their status code (RFC 3463). The wording of replies is ignored, because it varies."""

import re

from digest.mailing.models import MailEvent

Kind = MailEvent.Kind

# The mailbox or its domain does not exist, is disabled, or takes no mail at all (5.1.10: RFC 7505).
HARD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
# X.7 is about policy and reputation, X.1.7 and X.1.8 about the sender's address: the fault is ours and not the
# recipient's.
_OURS = re.compile(r"[45]\.(7\.\d+|1\.[78])")

_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
# In a server's reply, the code follows the three digits of the first line (RFC 2034, 4).
_IN_REPLY = re.compile(
    r"\s*(?:smtp\s*;\s*)?(?:#?[245]\d\d[ -]+)?\(?#?(?P<code>[245]\.\d{1,3}\.\d{1,3})(?![.\d])", re.I
)


def status_of(field: str) -> str:
    """The code of a Status field, with or without a comment behind it; empty if there is none."""
    found = _CODE.match(field.strip())
    return _plain(found[0]) if found else ""


def status_in_reply(reply: str) -> str:
    """The code at the beginning of a server's reply, such as `smtp; 550 5.1.1 ...`; empty if there is none."""
    found = _IN_REPLY.match(reply)
    return _plain(found["code"]) if found else ""


def more_exact(status: str, reply: str) -> str:
    """The more exact code of a Status field and the reply it was made from.

    Some systems write 5.0.0 for any reply. If the reply's code is about policy, it is used.
    """
    said = status_in_reply(reply)
    if not status or (said and (status[1:] == ".0.0" or _OURS.fullmatch(said))):
        return said or status
    return status


def kind_of(status: str) -> Kind | None:
    """The kind of a final failure with this code; None for codes of success and for no code."""
    if status in HARD:
        return Kind.HARD
    if _OURS.fullmatch(status):
        return Kind.POLICY
    return Kind.SOFT if status[:1] in ("4", "5") else None


def _plain(code: str) -> str:
    return ".".join(str(int(part)) for part in code.split("."))
