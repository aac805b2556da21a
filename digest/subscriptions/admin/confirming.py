"""Asking before many people's mail is ended, erased or let through again."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from digest.subscriptions.consent import Way

CONFIRMED = "confirmed"


class ReasonForm(forms.Form):
    """Why: it is kept with the row, whatever becomes of the address."""

    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if "@" in reason:
            raise ValidationError(_("Please name no address: this text stays when the address is erased."))
        return reason


def act(
    model_admin: Any,
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    action: str,
    question: str,
    verb: Callable[..., bool],
    form_class: type[forms.Form] | None = None,
) -> TemplateResponse | None:
    """Ask `question`; once confirmed, do `verb` to each row and say for how many it changed something.

    What the form asks for, if there is one, is handed to the verb by name.
    """
    is_sent = CONFIRMED in request.POST
    form = form_class(request.POST if is_sent else None) if form_class else None
    if is_sent and (form is None or form.is_valid()):
        way, given = way_of(request), form.cleaned_data if form else {}
        count = sum(verb(row, way, **given) for row in rows.order_by("pk"))
        text = ngettext("%(count)s row changed.", "%(count)s rows changed.", count) % {"count": count}
        messages.success(request, text)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": question,
        "opts": model_admin.opts,
        "rows": rows.order_by("pk"),
        "form": form,
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
