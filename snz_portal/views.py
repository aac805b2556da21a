"""Error pages, the health check and robots.txt."""

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    # This page must not need the database or the session, which may be the cause of the error.
    return render(request, "errors/500.html", status=500)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Health check for load balancers: 200 if the database is available."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    text = f"User-agent: *\nDisallow: /admin/\nAllow: /\n# {settings.SITE_URL}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
