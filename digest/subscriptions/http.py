"""Shared by all subscription views: request checks, consent source, rendering, and headers that protect the tokens."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from digest.common import languages
from digest.common.storage_errors import RETRY_SECONDS, is_storage_error
from digest.subscriptions import tokens
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.limits import network_of
from digest.subscriptions.models import Subscriber

logger = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024  # of a request body
TIME_STEP = 0.05  # seconds; see constant_time()
View = Callable[..., HttpResponse]


def token_page(*methods: str, is_indexed: bool = False) -> Callable[[View], View]:
    """A decorator for pages without cookies. A token in the URL or in the form replaces the CSRF token.

    The pages are not cached, and their URLs are not sent as referrers.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                response: HttpResponse = HttpResponseNotAllowed(methods)
            elif _content_length(request) > MAX_BYTES:
                response = render(request, "errors/400.html", status=413)
            else:
                response = _call_view(view, request, *args, **kwargs)
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "private, no-store"
            if not is_indexed:
                response.headers["X-Robots-Tag"] = "noindex"
            return response

        return guarded

    return decorate


def _call_view(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Call the view; respond with 503 if the database is unavailable or locked; then nothing was changed."""
    try:
        return view(request, *args, **kwargs)
    except Http404:
        return render_page(request, "invalid_link", 404)
    except (DatabaseError, InterfaceError) as fault:
        if not is_storage_error(fault):
            raise
        logger.exception("The database did not answer on a subscription page.")
        response = render_page(request, "unavailable", 503, posted_fields=_posted_fields(request))
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response


def _posted_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """The submitted fields, for a form that submits them again."""
    try:
        return [(name, str(value)) for name, values in request.POST.lists() for value in values]
    except (MultiPartParserError, SuspiciousOperation):  # on a page that does not read the body
        return []


def _content_length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() and len(length) < 10 else MAX_BYTES + 1


@contextmanager
def constant_time() -> Iterator[None]:
    """Round the elapsed time up to a multiple of TIME_STEP, so that response times do not reveal what was found.

    The work for known and unknown addresses differs by some tenths of a millisecond, which could be measured with
    enough requests. Use it outside the transaction, so that others do not wait for the padding.
    """
    start = time.monotonic()
    try:
        yield
    finally:
        time.sleep(TIME_STEP - (time.monotonic() - start) % TIME_STEP)


def get_subscriber(purpose: tokens.Purpose, token: str) -> Subscriber:
    """The subscriber whose token this is. Raises Http404 unless it is a valid token for this purpose."""
    subscriber = tokens.read(purpose, token)
    if subscriber is None:
        raise Http404
    return subscriber


def consent_source(request: HttpRequest, name: str) -> ConsentSource:
    return ConsentSource(name, network_of(_client_address(request)), languages.current().code)


def _client_address(request: HttpRequest) -> str:
    """The client's IP address, as seen by the outermost of our own proxies (PROXY_HOPS)."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    hops = settings.PROXY_HOPS
    if hops and len(forwarded) >= hops and forwarded[-hops]:
        return str(forwarded[-hops])
    return str(request.META.get("REMOTE_ADDR", ""))


def render_page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"subscriptions/{name}.html", context, status=status)
