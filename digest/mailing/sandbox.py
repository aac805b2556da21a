"""Shows the HTML of an email in a sandboxed frame: no scripts, inlined styles allowed."""

import re
from typing import TypeVar

from csp.constants import NONE, SELF
from django.conf import settings
from django.http import HttpResponse

Response = TypeVar("Response", bound=HttpResponse)
# The frame keeps our origin, or the portal's pictures would not load (Cross-Origin-Resource-Policy); without scripts
# that is harmless. Links open in a new tab, as in an email program.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
_POLICY: dict[str, list[str] | None] = {
    **dict.fromkeys(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]),  # none of the permissions of other pages
    "sandbox": SANDBOX.split(),
    "default-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
}


def sandboxed(html: str) -> HttpResponse:
    """The HTML of an email as a response to be shown in a frame of ours."""
    opened = re.sub(r"<head[^>]*>", lambda head: f'{head[0]}<base target="_blank">', html, count=1)
    response = HttpResponse(opened)
    setattr(response, "_csp_replace", _POLICY)  # noqa: B010  as csp.decorators.csp_replace does
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def allow_frame(response: Response) -> Response:
    """Allow this page to contain such a frame."""
    setattr(response, "_csp_update", {"frame-src": [SELF]})  # noqa: B010  as csp.decorators.csp_update does
    return response
