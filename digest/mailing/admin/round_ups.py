"""The page that starts a monthly round-up."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from digest.mailing import outbox
from digest.mailing.composing import EmptyEdition
from digest.mailing.header_fields import UnsafeContent
from digest.mailing.models import Mailing
from digest.mailing.outbox.freezing import NotReady
from digest.subscriptions.models import Subscriber


def last_months() -> list[tuple[str, str]]:
    """The last month and this one, as `2026-10`."""
    this = timezone.localdate().replace(day=1)
    return [(f"{month:%Y-%m}", f"{month:%Y-%m}") for month in ((this - dt.timedelta(days=1)).replace(day=1), this)]


class RoundUpForm(forms.Form):
    month = forms.ChoiceField(label=gettext_lazy("month"), choices=last_months)


def start_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET asks for the month and shows the number of recipients; POST starts the round-up."""
    if not request.user.has_perm("mailing.add_mailing"):
        raise PermissionDenied
    due = Subscriber.objects.due(Subscriber.Rhythm.MONTHLY, timezone.localdate())
    counts = dict(due.values_list("language").annotate(count=Count("pk")).order_by())
    form = RoundUpForm(request.POST or None)
    if request.method == "POST" and counts and form.is_valid():
        mailing = _start(model_admin, request, dt.date.fromisoformat(f"{form.cleaned_data['month']}-01"))
        if mailing is not None:
            return HttpResponseRedirect(reverse("admin:mailing_mailing_change", args=[mailing.pk]))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Send a monthly round-up"),
        "opts": model_admin.opts,
        "form": form,
        "audience": [(label, counts[code]) for code, label in Subscriber.MAIL_LANGUAGES if code in counts],
        "is_locked": outbox.is_locked(),
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/mailing/round_up.html", context)


def _start(model_admin: Any, request: HttpRequest, month: dt.date) -> Mailing | None:
    if sent := Mailing.objects.filter(kind=Mailing.Kind.ROUND_UP, month=month).first():
        messages.error(
            request,
            _("This month’s round-up was already sent, and no one will receive it twice. This is its mailing."),
        )
        return sent
    try:
        mailing = outbox.start_round_up(month)
    except NotReady:
        messages.error(request, _("All published issues have already been covered by earlier round-ups."))
        return None
    except (EmptyEdition, UnsafeContent) as error:
        messages.error(request, _("This round-up cannot be sent: %(why)s") % {"why": error})
        return None
    model_admin.log_addition(request, mailing, "round-up")
    messages.success(request, _("Emails waiting to be sent: %(count)s") % {"count": mailing.audience})
    return mailing
