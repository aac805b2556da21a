"""`/outbox/` of the demo: the emails saved on this machine, as recipients see them, and their source.

It shows other people's personal links, so it exists in the demo only: with DEMO_SENDER, MAIL_TRANSPORT=demo and
without HTTPS. Otherwise it responds with 404.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import path

from digest.common.languages import LANGUAGES, Language
from digest.mailing.sandbox import allow_frame, sandboxed

LENGTH = 30  # emails on a page
HEAD_BYTES = 16_384  # bytes that contain the header of an email
# File names of `transports.FolderTransport`: time in nanoseconds, recipient.
_NAME = re.compile(r"([1-9][0-9]{9,19})-([^/\0]+)\.eml")
P = ParamSpec("P")


@dataclass(frozen=True)
class SavedEmail:
    """An email in the folder. `number` is the time in nanoseconds; it identifies the email in URLs."""

    file: Path
    number: int
    recipient: str

    @property
    def sent_at(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.number / 1e9, dt.UTC)

    @property
    def subject(self) -> str:
        return str(self.head.get("Subject", ""))

    @property
    def languages(self) -> list[Language]:
        """The languages of its Content-Language; the first is that of the subject."""
        tags = [tag.strip() for tag in str(self.head.get("Content-Language", "")).split(",")]
        return [language for tag in tags for language in LANGUAGES.values() if language.tag == tag]

    @cached_property
    def head(self) -> EmailMessage:
        with self.file.open("rb") as opened:
            return _parsed(opened.read(HEAD_BYTES))

    def message(self) -> EmailMessage:
        return _parsed(self.file.read_bytes())


def folder() -> Path:
    path: Path = settings.MAIL_STATE_DIR / "outbox"
    return path


def is_open() -> bool:
    """Whether the pages exist: only in the demo, where all subscribers are invented."""
    is_demo: bool = settings.DEMO_SENDER and settings.MAIL_TRANSPORT == "demo" and not settings.HTTPS
    return is_demo


def saved_emails() -> list[SavedEmail]:
    """The saved emails, newest first. Other files and symbolic links are ignored."""
    if not folder().is_dir():
        return []
    found = ((file, _NAME.fullmatch(file.name)) for file in folder().iterdir())
    kept = [
        SavedEmail(file, int(name[1]), name[2])
        for file, name in found
        if name and file.is_file() and not file.is_symlink()
    ]
    return sorted(kept, key=lambda mail: mail.number, reverse=True)


def empty() -> None:
    """Delete the saved emails, in the demo only."""
    for kept in saved_emails() if is_open() else []:
        kept.file.unlink(missing_ok=True)


def _in_demo(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_open():
            raise Http404
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return page


@_in_demo
def outbox(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdecimal() and 1 <= len(text) <= 4 and int(text)):
        raise Http404
    number, mails = int(text), saved_emails()
    shown = mails[(number - 1) * LENGTH : number * LENGTH]
    if not shown and number > 1:
        raise Http404
    older = number + 1 if len(mails) > number * LENGTH else 0
    page = {"rows": shown, "number": number, "newer": number - 1, "older": older}
    return render(request, "mailing/outbox.html", {"page": page, "total": len(mails)})


@_in_demo
def mail(request: HttpRequest, number: int) -> HttpResponse:
    mails = saved_emails()
    at = _place(mails, number)
    kept = mails[at]
    message = kept.message()
    context = {
        "email": kept,
        "newer": mails[at - 1] if at else None,
        "older": mails[at + 1] if at + 1 < len(mails) else None,
        "subject": message.get("Subject", ""),
        "sender": message.get("From", ""),
        "headers": message.items(),
        "has_html": message.get_body(("html",)) is not None,
        "text": _part(message, "plain"),
    }
    return allow_frame(render(request, "mailing/saved_email.html", context))


@_in_demo
def html(request: HttpRequest, number: int) -> HttpResponse:
    return sandboxed(_part(_find(number).message(), "html"))


@_in_demo
def source(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(_find(number).file.read_bytes(), content_type="text/plain; charset=utf-8")


def _find(number: int) -> SavedEmail:
    mails = saved_emails()
    return mails[_place(mails, number)]


def _place(mails: list[SavedEmail], number: int) -> int:
    """The index of an email, looked up by number among existing files: no part of a request becomes a path."""
    for place, kept in enumerate(mails):
        if kept.number == number:
            return place
    raise Http404


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()) if part is not None else ""


def _parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


app_name = "outbox"
urlpatterns = [
    path("", outbox, name="list"),
    path("<int:number>/", mail, name="mail"),
    path("<int:number>/html/", html, name="html"),
    path("<int:number>/source.txt", source, name="source"),
]
