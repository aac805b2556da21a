"""A WSGI function and a Django view that return constant bytes, to compare with the page cache."""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

from django.http import HttpRequest, HttpResponse


@cache
def payload() -> bytes:
    """Return the bytes of all measured responses."""
    return (Path(os.environ["BENCH_FOLDER"]) / "payload").read_bytes()


def view(request: HttpRequest) -> HttpResponse:
    """A Django view that does nothing else."""
    return HttpResponse(payload())


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """A WSGI application that does nothing else."""
    body = payload()
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
