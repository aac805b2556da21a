"""What issues and items have in common: a state that buttons change, and a filter by it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from digest.archive.admin.base import RevisedAdmin
from digest.archive.models import State


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


class PublicAdmin(RevisedAdmin):
    """Rows that are published and withdrawn; `publish` and `withdraw` are actions of their lists and buttons."""

    asked: tuple[str, ...] = ("publish", "withdraw")  # what has a button and a question

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_ask"
        view = self.admin_site.admin_view(self.ask_view)
        return [path("<int:pk>/ask/<slug:action>/", view, name=name), *super().get_urls()]

    def ask_view(self, request: HttpRequest, pk: int, action: str) -> Any:
        """The confirmation page of an action, for one row: where a form's buttons lead."""
        actions = self.get_actions(request)
        found = actions.get(action) if action in self.asked else None
        if request.method != "GET" or found is None:
            raise Http404
        answer = found[0](self, request, self.get_queryset(request).filter(pk=pk))
        return answer or HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        )

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Drafts have no page."""
        return obj.get_absolute_url() if obj and obj.is_published else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """An old revision that is brought back keeps the day on which the row was first published."""
        if form.version is None:
            rows = type(obj).objects.filter(pk=obj.pk)
            obj.published_at = rows.values_list("published_at", flat=True).first()
        super().save_model(request, obj, form, change)

    def log_state(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Leave a line in the log of what editors did."""
        for row in rows:
            self.log_change(request, row, [{"changed": {"fields": ["published at"]}}])
