"""What all of these pages share: who asks, what may be sent, and headers that keep links from leaking."""

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

MAX_BYTES = 64 * 1024  # bytes that any of these forms may have
TIME_STEP = 0.05  # seconds
View = Callable[..., HttpResponse]


def token_page(*methods: str, is_indexed: bool = False) -> Callable[[View], View]:
    """A decorator for pages without cookies: the token in their address, or in their form, takes CSRF's place.

    Others may neither keep them nor learn their address from a link.
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
    """The view's answer; 503 where the database is away or locked for too long. Then nothing was done."""
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
    """What was sent, for a form that sends it once more."""
    try:
        return [(name, str(value)) for name, values in request.POST.lists() for value in values]
    except (MultiPartParserError, SuspiciousOperation):  # on a page that does not read it
        return []


def _content_length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() and len(length) < 10 else MAX_BYTES + 1


@contextmanager
def constant_time() -> Iterator[None]:
    """Take a whole number of twentieths of a second, so that the time of an answer does not tell what was found.

    What is done for a known and for an unknown address differs by some tenths of a millisecond: whoever asks often
    enough could read that. Call it outside of the transaction, that nobody waits for the rest.
    """
    start = time.monotonic()
    try:
        yield
    finally:
        time.sleep(TIME_STEP - (time.monotonic() - start) % TIME_STEP)


def get_subscriber(purpose: tokens.Purpose, token: str) -> Subscriber:
    """Whose token this is; 404, and nothing else, for anything but a good token of this purpose."""
    subscriber = tokens.read(purpose, token)
    if subscriber is None:
        raise Http404
    return subscriber


def consent_source(request: HttpRequest, name: str) -> ConsentSource:
    return ConsentSource(name, network_of(_client_address(request)), languages.current().code)


def _client_address(request: HttpRequest) -> str:
    """The asker's IP address: what our own proxy, the last one, has seen."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    hops = settings.PROXY_HOPS
    if hops and len(forwarded) >= hops and forwarded[-hops]:
        return str(forwarded[-hops])
    return str(request.META.get("REMOTE_ADDR", ""))


def render_page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"subscriptions/{name}.html", context, status=status)
