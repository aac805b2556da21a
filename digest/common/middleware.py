"""Headers on every answer, cookies for the admin alone, the page's language, a page for when nothing can be stored."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from digest.common import languages
from digest.common.storage import RETRY_SECONDS, is_of_storage

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
PERMISSIONS = ", ".join(
    f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)


class HeadersMiddleware:
    """What no answer goes without, errors included; the CSP is django-csp's.

    Three of them are SecurityMiddleware's too; but an answer that it gives by itself, to a strange host, has none.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.headers.setdefault("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class CookielessMiddleware:
    """Cookies are the admin's: elsewhere those of a request are not looked at, and so none is set, renewed or deleted.

    Otherwise a cookie that is no good, such as a session's that has ended, would be answered by Set-Cookie and
    `Vary: Cookie` on a page that caches may keep for everybody.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/admin/"):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


class LanguageMiddleware:
    """`/<lang>/...` is in that language whatever the browser prefers; the admin and the rest follow the browser.

    A page's address alone decides its language, so a cache may keep it for everybody.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = request.path_info.removeprefix("/").partition("/")[0]  # `OPTIONS *` has no slash
        if code not in languages.LANGUAGES:
            code = translation.get_language_from_request(request)
        request.LANGUAGE_CODE = code
        with translation.override(code):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", languages.bcp47(code))
        return response


class BodyLimitMiddleware:
    """413, before anything of it is read, for what is larger than any form of ours; for uploads one has to sign in.

    Django limits the text of a form and the number of its files, but not their size.
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
    """As the request tells it; what tells none, or nonsense, has no body for Django either."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


class StorageMiddleware:
    """503 where the database is away, full or locked for too long, or a file has no room; not for other faults."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not is_of_storage(exception):
            return None
        logger.error("Nothing could be read or stored for %s", request.path, exc_info=exception)
        response = render(request, "errors/503.html", status=503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response
