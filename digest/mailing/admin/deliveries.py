"""Deliveries and delivery reports, read-only; searched by email address."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from digest.common.paginators import CappedPaginator
from digest.mailing.message_ids import message_id
from digest.mailing.models import Delivery, Edition, MailEvent, Mailing

_LIGHT = Prefetch("edition", Edition.objects.only("mailing_id", "language", "subject"))


class DeliveryColumns:
    """Columns of a delivery, for lists and for a subscriber's page. Pass rows through `with_related()`."""

    def with_related(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Rows with what the columns need, in a fixed number of queries, without the texts of emails."""
        return rows.select_related("mailing__issue", "subscriber").prefetch_related(_LIGHT, "events")

    @admin.display(description=_("email"))
    def mail(self, row: Delivery) -> str:
        if row.mailing is None:
            return row.get_notice_kind_display()
        url = reverse("admin:mailing_mailing_change", args=[row.mailing_id])
        return format_html('<a href="{}">{}</a>', url, row.mailing)

    @admin.display(description=_("edition"))
    def edition_link(self, row: Delivery) -> str:
        if row.edition is None:
            return "—"
        url = reverse("admin:mailing_edition", args=[row.edition.mailing_id, row.edition_id])
        return format_html('<a href="{}">{}</a>', url, row.edition.get_language_display())

    @admin.display(description=_("bounces and reports"))
    def reports(self, row: Delivery) -> str:
        events = sorted(row.events.all(), key=lambda event: event.at)
        rows = ((f"{timezone.localtime(event.at):%Y-%m-%d %H:%M}", event, event.detail) for event in events)
        return format_html_join("", "<div>{} {} {}</div>", rows) or "—"

    @admin.display(description=_("Message-ID"))
    def message_id(self, row: Delivery) -> str:
        return message_id(row.pk, row.mailing_id)


class ReadOnlyAdmin:
    """Mixin: no permission to add, change or delete."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MailingFilter(admin.RelatedFieldListFilter):
    """A filter by mailing, whose names are read in one query."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [(mailing.pk, str(mailing)) for mailing in Mailing.objects.select_related("issue")]


class LargeTableAdmin(ReadOnlyAdmin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists the newest rows of a large table, or those of one subscriber."""

    search_fields = ("subscriber__address_key__exact",)  # exact, so that the index is used
    search_help_text = _(
        "Enter a complete email address in lower case. Without one, only the newest few thousand emails are listed."
    )
    ordering = ("-pk",)
    list_per_page = 50
    paginator = CappedPaginator
    sortable_by = ()
    show_full_result_count = False
    actions = None


@admin.register(Delivery)
class DeliveryAdmin(DeliveryColumns, LargeTableAdmin):
    list_display = ("id", "subscriber", "mail", "edition_link", "state", "reason", "reply", "changed_at")
    list_filter = ("state", "notice_kind", ("mailing", MailingFilter))
    fields = (
        *("subscriber", "mail", "edition_link", "state", "reason", "reply", "attempts"),
        *("due_at", "changed_at", "owner", "lease_until", "message_id", "reports"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return self.with_related(super().get_queryset(request))


@admin.register(MailEvent)
class MailEventAdmin(LargeTableAdmin):
    list_display = ("at", "kind", "status", "subscriber", "delivery", "detail")
    list_filter = ("kind",)
    list_select_related = ("subscriber", "delivery")
