"""Confirmation of admin actions that unsubscribe, erase or reinstate many subscribers."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from digest.common.confirmation import confirmation_page, is_confirmed
from digest.subscriptions.consent import ConsentSource

MAX_ROWS = 500  # rows; each takes a transaction, and all must finish before the browser times out


class ReasonForm(forms.Form):
    """The reason for an action. It is kept with the row even after the address is erased."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if "@" in reason:
            raise ValidationError(
                _("Do not include an email address: this text is kept after the address is deleted.")
            )
        return reason


def confirm_and_apply(
    model_admin: Any,
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    action: str,
    question: str,
    operation: Callable[..., bool],
    form_class: type[forms.Form] | None = None,
) -> TemplateResponse | None:
    """Ask `question`; once confirmed, apply `operation` to each row and report how many rows changed.

    The cleaned data of the form, if there is one, is passed to `operation` as keyword arguments.
    """
    if rows[: MAX_ROWS + 1].count() > MAX_ROWS:
        messages.error(request, _("Choose up to %(count)s at a time.") % {"count": MAX_ROWS})
        return None
    is_sent = is_confirmed(request)
    form = form_class(request.POST if is_sent else None) if form_class else None
    if is_sent and (form is None or form.is_valid()):
        source, given = consent_source(request), form.cleaned_data if form else {}
        count = sum(operation(row, source, **given) for row in rows.order_by("pk"))
        text = ngettext("%(count)s row changed.", "%(count)s rows changed.", count) % {"count": count}
        messages.success(request, text)
        return None
    return confirmation_page(request, model_admin, rows.order_by("pk"), action=action, question=question, form=form)


def consent_source(request: HttpRequest) -> ConsentSource:
    """The signed-in operator, recorded by user name and without a network."""
    return ConsentSource(f"admin:{request.user.get_username()}")
