"""Showing a mail's own HTML without letting it do anything: in a frame, without scripts, with its inlined styles."""

import re
from typing import TypeVar

from csp.constants import NONE, SELF
from django.conf import settings
from django.http import HttpResponse

Response = TypeVar("Response", bound=HttpResponse)
# The mail's page keeps its origin, or the portal's pictures would not load (Cross-Origin-Resource-Policy); without
# scripts that gives it nothing. Its links open in a tab of their own, as in a mail program.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
_POLICY: dict[str, list[str] | None] = {
    **dict.fromkeys(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]),  # nothing of what other pages may
    "sandbox": SANDBOX.split(),
    "default-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
}


def sandboxed(html: str) -> HttpResponse:
    """A mail's HTML as a page for a frame on one of our own."""
    opened = re.sub(r"<head[^>]*>", lambda head: f'{head[0]}<base target="_blank">', html, count=1)
    response = HttpResponse(opened)
    setattr(response, "_csp_replace", _POLICY)  # noqa: B010  as csp.decorators.csp_replace does
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def framing(response: Response) -> Response:
    """Let a page of ours show such a frame."""
    setattr(response, "_csp_update", {"frame-src": [SELF]})  # noqa: B010  as csp.decorators.csp_update does
    return response
