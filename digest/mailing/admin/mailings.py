"""The list of mailings, and the page of a mailing: its progress, actions and editions."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from digest.mailing import outbox
from digest.mailing.admin import editions, round_ups
from digest.mailing.admin.outbox import outbox_status
from digest.mailing.admin.progress import count_waiting, progress_of
from digest.mailing.models import Delivery, Mailing

REFRESH_SECONDS = 5
SHOWN = 200  # rows of uncertain mails on their page
State = Mailing.State


@dataclass(frozen=True)
class Operation:
    """An action on a mailing. `question` is asked before it if it cannot be undone."""

    run: Callable[[Mailing], bool | int]
    label: Any
    question: Any = ""


OPERATIONS = {
    "pause": Operation(outbox.pause, gettext_lazy("Pause")),
    "resume": Operation(outbox.resume, gettext_lazy("Resume")),
    "cancel": Operation(
        outbox.cancel,
        gettext_lazy("Cancel"),
        gettext_lazy(
            "Cancel this mailing? Anyone who has not received it yet will not get it, and it cannot be restarted."
        ),
    ),
    "retry_failed": Operation(
        outbox.retry_failed,
        gettext_lazy("Retry failed emails"),
        gettext_lazy("Send again to everyone whose email failed or was abandoned? Most servers will refuse it again."),
    ),
}


@admin.register(Mailing)
class MailingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Viewing needs the permission to view mailings, actions that to change, starting that to add."""

    list_display = ("__str__", "state", "audience", "done", "created_at", "finished_at")
    list_filter = ("state", "kind")
    list_select_related = ("issue",)
    list_per_page = 25
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a mailing is started from its issue, or as a round-up

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("progress"))
    def done(self, mailing: Mailing) -> str:
        """The share that is done; finished mailings count as 100 % without counting rows."""
        waiting = count_waiting(mailing) if mailing.state in (State.SENDING, State.PAUSED) else 0
        return editions.meter(mailing.audience - waiting, mailing.audience)

    def get_urls(self) -> list[URLPattern]:
        own: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<int:pk>/do/<slug:verb>/", self.do_view, "do"),
            ("<int:pk>/uncertain/", self.uncertain_view, "uncertain"),
            ("<int:pk>/edition/<int:edition>/", self.edition_view, "edition"),
            ("<int:pk>/edition/<int:edition>/html/", self.html_view, "edition_html"),
        ]
        wrap = self.admin_site.admin_view
        round_up = path("round-up/", wrap(self.round_up_view), name="mailing_round_up")
        return [
            round_up,
            *(path(route, wrap(view), name=f"mailing_{name}") for route, view, name in own),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        mailing = self.get_object(request, object_id)
        if mailing is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        self._check(request, mailing, self.has_view_permission)
        progress = progress_of(mailing)
        is_moving = mailing.state == State.SENDING and progress.waiting > 0
        is_still = "still" in request.GET
        status = outbox_status()
        return self._page(
            request,
            "progress",
            mailing,
            title=capfirst(str(mailing)),
            progress=progress,
            refresh=REFRESH_SECONDS if is_moving and not is_still else 0,
            is_moving=is_moving,
            is_stuck=is_moving and status.is_open and progress.is_stuck,
            status=status,
            editions=editions.list_editions(mailing),
            buttons=_buttons(mailing, progress.counts) if self.has_change_permission(request, mailing) else [],
        )

    def do_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """GET asks for confirmation, POST acts."""
        mailing, operation = self._fetch(pk), OPERATIONS.get(verb)
        self._check(request, mailing, self.has_change_permission)
        if operation is None:
            raise Http404
        if request.method != "POST":
            return self._page(
                request, "confirm", mailing, title=operation.question or operation.label, label=operation.label
            )
        changed = operation.run(mailing)
        if changed:
            self.log_change(request, mailing, str(operation.label))
            messages.success(request, _("Done: %(what)s.") % {"what": operation.label})
        else:
            messages.warning(request, _("Nothing to do: the mailing is %(state)s.") % {"state": _state(mailing)})
        return self._back(mailing)

    def uncertain_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The uncertain emails of a mailing, from which an operator chooses those to send again."""
        mailing = self._fetch(pk)
        self._check(request, mailing, self.has_view_permission)
        if request.method == "POST":
            self._check(request, mailing, self.has_change_permission)
            return self._resend(request, mailing)
        rows = mailing.deliveries.filter(state=Delivery.State.UNCERTAIN).order_by("pk")
        known = rows.aggregate(total=Count("pk"), newest=Max("changed_at"))
        total = known["total"]
        return self._page(
            request,
            "uncertain",
            mailing,
            title=_("Uncertain emails"),
            rows=rows.select_related("subscriber")[:SHOWN],
            total=total,
            shown=min(total, SHOWN),
            seen_at=known["newest"].isoformat() if known["newest"] else "",
            may_send=self.has_change_permission(request, mailing) and mailing.state != State.CANCELLED,
        )

    def _resend(self, request: HttpRequest, mailing: Mailing) -> HttpResponse:
        texts = request.POST.getlist("delivery")
        if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in texts):
            raise Http404
        is_all = request.POST.get("which") == "all"
        chosen = None if is_all else [int(text) for text in texts]
        count = outbox.resend_uncertain(mailing, chosen, seen_at=_time(request.POST.get("seen_at", "")))
        if count:
            self.log_change(request, mailing, f"sent again to {count} whose mail was uncertain")
            text = ngettext("%(count)s email will be sent again.", "%(count)s emails will be sent again.", count)
            messages.success(request, text % {"count": count})
        elif not (texts or is_all):
            messages.warning(request, _("No emails were selected."))
        elif mailing.state == State.CANCELLED:
            messages.warning(request, _("Nothing to do: the mailing is %(state)s.") % {"state": _state(mailing)})
        else:
            messages.warning(
                request, _("Nothing to do: these emails are already being sent again, or their outcome is now known.")
            )
        return self._back(mailing)

    def edition_view(self, request: HttpRequest, pk: int, edition: int) -> HttpResponse:
        mailing = self._fetch(pk)
        self._check(request, mailing, self.has_view_permission)
        page = editions.page(mailing, edition)
        return editions.allow_frame(self._page(request, "edition", mailing, title=page["subject"], **page))

    def html_view(self, request: HttpRequest, pk: int, edition: int) -> HttpResponse:
        mailing = self._fetch(pk)
        self._check(request, mailing, self.has_view_permission)
        return editions.html(mailing, edition)

    def round_up_view(self, request: HttpRequest) -> HttpResponse:
        return round_ups.start_view(self, request)

    def _fetch(self, pk: int) -> Mailing:
        mailing = Mailing.objects.select_related("issue").filter(pk=pk).first()
        if mailing is None:
            raise Http404
        return mailing

    def _check(self, request: HttpRequest, mailing: Mailing, may: Callable[..., bool]) -> None:
        if not may(request, mailing):
            raise PermissionDenied

    def _back(self, mailing: Mailing) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:mailing_mailing_change", args=[mailing.pk]))

    def _page(self, request: HttpRequest, name: str, mailing: Mailing, **more: Any) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": str(mailing),
            "opts": self.opts,
            "mailing": mailing,
            "original": mailing,
            **more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/mailing/{name}.html", context)


def _time(text: str) -> dt.datetime:
    """The time at which the page was made. Raises Http404 for anything else."""
    with suppress(ValueError):
        time = parse_datetime(text)
        if time is not None and timezone.is_aware(time):
            return time
    raise Http404


def _state(mailing: Mailing) -> str:
    return str(mailing.get_state_display())


def _buttons(mailing: Mailing, counts: dict[str, int]) -> list[tuple[str, Operation]]:
    """The actions that are possible in the mailing's state."""
    failed = counts[Delivery.State.FAILED] + counts[Delivery.State.EXPIRED]
    shown = {
        "pause": mailing.state == State.SENDING,
        "resume": mailing.state == State.PAUSED,
        "retry_failed": failed and mailing.state != State.CANCELLED,
        "cancel": mailing.state in (State.SENDING, State.PAUSED),
    }
    return [(name, OPERATIONS[name]) for name, is_shown in shown.items() if is_shown]
