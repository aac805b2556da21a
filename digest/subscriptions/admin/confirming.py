"""Asking before many people's mail is ended or erased."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import ngettext

from digest.subscriptions.consent import Way
from digest.subscriptions.models import Subscriber

CONFIRMED = "confirmed"


def act(
    model_admin: Any,
    request: HttpRequest,
    rows: QuerySet[Subscriber],
    *,
    action: str,
    question: str,
    verb: Callable[[Subscriber, Way], bool],
) -> TemplateResponse | None:
    """Ask `question`; once confirmed, do `verb` to each row and say for how many it changed something."""
    if CONFIRMED in request.POST:
        way = way_of(request)
        count = sum(verb(row, way) for row in rows.order_by("pk"))
        text = ngettext("%(count)s subscriber changed.", "%(count)s subscribers changed.", count) % {"count": count}
        messages.success(request, text)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": question,
        "opts": model_admin.opts,
        "rows": rows.order_by("pk"),
        "action": action,
        "media": model_admin.media,
        "confirmed": CONFIRMED,
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/confirm.html", context)


def way_of(request: HttpRequest) -> Way:
    """An operator acted: their name is written down; their network is nobody's business."""
    return Way(f"admin:{request.user.get_username()}")
