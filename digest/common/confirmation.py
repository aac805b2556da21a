"""A confirmation page for admin actions that cannot be undone."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

CONFIRMED = "confirmed"


def is_confirmed(request: HttpRequest) -> bool:
    return request.method == "POST" and CONFIRMED in request.POST


def confirmation_page(
    request: HttpRequest,
    model_admin: Any,
    queryset: QuerySet[Any],
    *,
    action: str,
    question: str,
    notes: Iterable[str] = (),
    form: forms.Form | None = None,
) -> TemplateResponse:
    """Return a page that lists the rows and asks `question`. Its button repeats the admin `action`, confirmed."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": question,
        "opts": model_admin.opts,
        "rows": queryset,
        "action": action,
        "notes": [note for note in notes if note],
        "form": form,
        "media": model_admin.media + form.media if form else model_admin.media,
        "confirmed": CONFIRMED,
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/confirm.html", context)
