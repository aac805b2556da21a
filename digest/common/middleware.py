"""Middleware for security headers, cookies, languages, request sizes and storage errors."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from digest.common import languages
from digest.common.storage_errors import RETRY_SECONDS, is_storage_error

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)


class SecurityHeadersMiddleware:
    """Adds security headers to all responses, including errors. django-csp adds the Content-Security-Policy.

    Django's SecurityMiddleware sets three of these headers too, but not on responses that other middleware returns.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.headers.setdefault("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class AdminCookiesMiddleware:
    """Removes cookies from requests outside the admin, so that public pages never set, renew or delete cookies.

    Otherwise an invalid cookie, such as that of an expired session, would cause Set-Cookie and `Vary: Cookie` on a
    page that is cached for everybody.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/admin/"):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


class LanguageMiddleware:
    """Activates the language in the URL, `/<lang>/...`; other pages, such as the admin, follow the browser.

    A public page depends only on its URL, so that it can be cached for everybody.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = request.path_info.removeprefix("/").partition("/")[0]  # the path of `OPTIONS *` has no slash
        if code not in languages.LANGUAGES:
            code = translation.get_language_from_request(request)
        request.LANGUAGE_CODE = code
        with translation.override(code):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", languages.bcp47(code))
        return response


class BodyLimitMiddleware:
    """Responds with 413 to requests that are too large, before reading them. Only signed-in users may upload files.

    Django limits the size of a form's text and the number of its files, but not the size of the files.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        size = _body_size(request)
        if size > settings.LARGEST_UPLOAD or (
            size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and not request.user.is_authenticated
        ):
            return render(request, "errors/400.html", status=413)
        return self.get_response(request)


def _body_size(request: HttpRequest) -> int:
    """Return the Content-Length, or 0 if it is missing or invalid, in which case Django reads no body."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


class StorageErrorMiddleware:
    """Responds with 503 if the database or the disk is unavailable or full, or the database is locked."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not is_storage_error(exception):
            return None
        logger.error("Database or disk unavailable for %s", request.path, exc_info=exception)
        response = render(request, "errors/503.html", status=503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response
