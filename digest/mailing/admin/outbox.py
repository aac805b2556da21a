"""The page of the outbox: whether sending is locked or paused, and how to unlock it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing, OutboxState
from digest.mailing.outbox import sql


@dataclass(frozen=True)
class OutboxStatus:
    """Whether emails may be sent now, and if not, why."""

    row: OutboxState

    @property
    def is_locked(self) -> bool:
        return self.row.locked_at is not None

    @property
    def is_open(self) -> bool:
        return not self.is_locked and not self.is_pausing

    @property
    def lock_reason(self) -> str:
        return _(self.row.lock_reason) if self.row.lock_reason else ""

    @property
    def is_pausing(self) -> bool:
        return self.row.paused_until is not None and self.row.paused_until > sql.clock()


def outbox_status() -> OutboxStatus:
    return OutboxStatus(OutboxState.objects.filter(pk=1).first() or OutboxState())


def possibly_sent() -> list[dict[str, Any]]:
    """For each mailing and for notices, how many emails may have been sent after the backup was made."""
    rows = Delivery.objects.filter(state__in=Delivery.OPEN).values("mailing_id").order_by("mailing_id")
    counted = {row["mailing_id"]: row for row in rows.annotate(count=Count("pk"), last=Max("changed_at"))}
    mailings = Mailing.objects.select_related("issue").in_bulk([pk for pk in counted if pk])
    return [{**row, "mailing": mailings.get(pk)} for pk, row in counted.items()]


@admin.register(OutboxState)
class OutboxStateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """There is one row, so the list shows its page. Unlocking needs the permission to change it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.status_view), name="mailing_outboxstate_changelist"),
            path("unlock/", wrap(self.unlock_view), name="mailing_outboxstate_unlock"),
            path("lock/", wrap(self.lock_view), name="mailing_outboxstate_lock"),
        ]

    def status_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        status = outbox_status()
        context = {
            **self.admin_site.each_context(request),
            "title": capfirst(str(self.opts.verbose_name)),
            "opts": self.opts,
            "status": status,
            "possibly_sent": possibly_sent() if status.is_locked else [],
            "may_change": self.has_change_permission(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/mailing/outbox.html", context)

    def unlock_view(self, request: HttpRequest) -> HttpResponse:
        return self._act(request, outbox.unlock, _("Sending is enabled again."))

    def lock_view(self, request: HttpRequest) -> HttpResponse:
        reason = _("locked by %(name)s") % {"name": request.user.get_username()}
        return self._act(
            request,
            lambda: outbox.lock(reason),
            _("Sending is locked. No email will go out until someone unlocks it."),
        )

    def _act(self, request: HttpRequest, verb: Any, done: str) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        verb()
        self.log_change(request, OutboxState.objects.get(pk=1), done)
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:mailing_outboxstate_changelist"))
