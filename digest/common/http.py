"""HTTP for public pages: what may be asked of them, and what lets caches hold them."""

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
# Browsers ask again each time (and get 304); a shared cache may answer for ten seconds by itself, and for half a
# minute more while it fetches the new page (RFC 5861).
CACHE_CONTROL = "public, max-age=0, s-maxage=10, stale-while-revalidate=30"


def public_page(last_modified: Callable[[], dt.datetime]) -> Callable[[View[P]], View[P]]:
    """A decorator for views that show the same page to everybody; such a view must not touch session, user or cookies.

    `last_modified` tells when anything that the pages show was last changed (aware). Other methods than GET and HEAD
    get 405; answers other than 200 get no permission to be kept.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            response = view(request, *args, **kwargs)
            if "page" in request.GET and not hasattr(request, "page_number"):
                return response  # not one of this list's pages: nobody needs to keep it under this address
            if response.status_code == HttpResponse.status_code:
                response.headers["Cache-Control"] = CACHE_CONTROL
                response.headers["Last-Modified"] = http_date(_settled(last_modified()).timestamp())
            return response

        return page

    return decorate


def _settled(changed: dt.datetime) -> dt.datetime:
    # HTTP's dates have whole seconds. A page made within the second of a change may change again in it, so it is
    # dated one second back: whoever asks with that date later gets the newer page (RFC 9110, 8.8.2.2).
    return min(changed, timezone.now() - dt.timedelta(seconds=1))
