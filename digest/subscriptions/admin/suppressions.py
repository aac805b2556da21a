"""Suppressed addresses, of which only a hash is stored: search by full address, and removal with a reason."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from digest.subscriptions import unsubscribing
from digest.subscriptions.addresses import address_hashes, canonical
from digest.subscriptions.admin.confirmation import ReasonForm, confirm_and_apply
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.models import Suppression

Rows = QuerySet[Suppression]


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("__str__", "reason", "created_at")
    list_filter = ("reason",)
    list_display_links = None
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("remove_suppression",)
    search_fields = ("address_hash",)
    search_help_text = gettext_lazy("Enter a complete email address. Only a code made from it is stored.")

    def get_search_results(self, request: HttpRequest, queryset: Rows, search_term: str) -> tuple[Rows, bool]:
        try:
            hashes = address_hashes(canonical(search_term).key) if search_term else None
        except ValidationError:
            hashes = []
        return (queryset if hashes is None else queryset.filter(address_hash__in=hashes)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Remove the block"), permissions=["change"])
    def remove_suppression(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        def operation(row: Suppression, source: ConsentSource, reason: str) -> bool:
            key = row.pk
            is_removed = unsubscribing.remove_suppression(row, source, reason)
            if is_removed:  # the row is deleted, so the reason is kept in the admin log
                self.log_change(request, Suppression(key, row.address_hash, row.reason), reason)
            return is_removed

        question = _("Allow the owners of these addresses to subscribe again?")
        return confirm_and_apply(
            self,
            request,
            rows,
            action="remove_suppression",
            question=question,
            operation=operation,
            form_class=ReasonForm,
        )
