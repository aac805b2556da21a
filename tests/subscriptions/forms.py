"""What a browser sends from our pages."""

import datetime as dt
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from digest.subscriptions import form_tokens

SECTIONS = ["research", "news", "policy", "data", "event"]


def token(seconds_ago: float = 60) -> str:
    """A form token of a page that was made some time ago."""
    return form_tokens.make(now=timezone.now() - dt.timedelta(seconds=seconds_ago))


def filled(address: str = "anna@farm.example", **fields: Any) -> dict[str, Any]:
    """The subscribe form as a browser sends it."""
    made = {"address": address, "language": "en", "sections": SECTIONS, "rhythm": "issue", "website": ""}
    return {**made, "form_token": token(), **fields}


def subscribe(address: str = "anna@farm.example", client: Client | None = None, **fields: Any) -> HttpResponse:
    return (client or Client()).post("/en/subscribe/", filled(address, **fields))


def text_of(response: HttpResponse) -> str:
    """The words of a page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))
