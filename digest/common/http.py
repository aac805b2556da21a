"""Allowed methods and caching headers of public pages."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.http import http_date

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

METHODS = ("GET", "HEAD")
# Browsers revalidate each time (and get 304). A shared cache may use a page for ten seconds, and for thirty more
# seconds while it fetches the new one (RFC 5861).
CACHE_CONTROL = "public, max-age=0, s-maxage=10, stale-while-revalidate=30"


def public_page(last_modified: Callable[[], dt.datetime]) -> Callable[[View[P]], View[P]]:
    """Return a decorator for views whose pages are the same for everybody.

    Such a view must not use the session, the user or cookies. `last_modified` returns the time of the last change of
    anything the pages show (aware). Methods other than GET and HEAD get 405. Only responses with status 200 may be
    cached.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            response = view(request, *args, **kwargs)
            if "page" in request.GET and not hasattr(request, "page_number"):
                return response  # not a valid page of this list: do not cache it under this URL
            if response.status_code == HttpResponse.status_code:
                response.headers["Cache-Control"] = CACHE_CONTROL
                response.headers["Last-Modified"] = http_date(_rounded(last_modified()).timestamp())
            return response

        return page

    return decorate


def _rounded(changed: dt.datetime) -> dt.datetime:
    # HTTP dates have whole seconds. A page rendered in the same second as a change may change again in that second,
    # so it is dated one second earlier: a later conditional request then gets the newer page (RFC 9110, 8.8.2.2).
    return min(changed, timezone.now() - dt.timedelta(seconds=1))
