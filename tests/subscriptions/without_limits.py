"""The portal as it is served, but with no limit to how many mails may be asked for: to measure the answers alone."""

# ruff: noqa: I001  the application comes first: it sets Django up
from typing import Any

from snz_portal.wsgi import application
from digest.subscriptions import limits

__all__ = ["application"]
_may_send = limits.may_send


def may_send(*arguments: Any) -> bool:
    """All the work of it, and yes."""
    _may_send(*arguments)
    return True


limits.may_send = may_send
