"""Asks the portal of this environment: JSON on the standard input, JSON on the standard output.

    {"at": "2026-11-22T08:00:00+00:00",                 the time it shall be for the portal, if not now
     "pages": [{"path": "/en/", "method": "POST", "data": {"do": "take"}, "user": "wei", "says": "Wei"}, ...],
     "rights": true}

The answer has, for each page, its status, where it leads, and whether it has the text of `says`; and the rights of all
staff. It asks by HTTP and by Django's own models of users, so that old and new code can be asked alike.
"""

import datetime as dt
import json
import sys
from typing import Any

from django.utils import timezone


def answer_all(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [answer(**page) for page in pages]


def answer(
    path: str, method: str = "GET", data: dict[str, str] | None = None, user: str = "", says: str = ""
) -> dict[str, Any]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client(raise_request_exception=False)
    if user:
        client.force_login(get_user_model().objects.get(username=user))
    seen = client.get(path) if method == "GET" else client.post(path, data or {})
    return {"status": seen.status_code, "to": seen.get("Location", ""), "says": says in seen.content.decode()}


def rights() -> dict[str, Any]:
    """What each user and each group may do, as Django sees it: superusers are told as such."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    users = {
        user.username: ["everything"] if user.is_superuser and user.is_active else sorted(user.get_all_permissions())
        for user in get_user_model().objects.all()
    }
    groups = {
        group.name: sorted(f"{row.content_type.app_label}.{row.codename}" for row in group.permissions.all())
        for group in Group.objects.all()
    }
    return {"users": users, "groups": groups}


def main() -> None:
    questions = json.load(sys.stdin)
    if at := questions.get("at"):
        late = timezone.now() - dt.datetime.fromisoformat(at)
        real = timezone.now
        timezone.now = lambda: real() - late  # before models are loaded, which keep it for defaults
    import django

    django.setup()
    answers: dict[str, Any] = {"pages": answer_all(questions.get("pages", []))}
    if questions.get("rights"):
        answers["rights"] = rights()
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
