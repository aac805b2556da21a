"""The subscribers' list and change form with the history of consent, and CSV import and export."""

from collections import Counter
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from digest.subscriptions import preference_changes, subscribing, unsubscribing
from digest.subscriptions.admin.confirmation import ReasonForm, confirm_and_apply, consent_source
from digest.subscriptions.admin.forms import ImportForm, NewSubscriberForm, SubscriberForm
from digest.subscriptions.csv_export import csv_lines
from digest.subscriptions.csv_import import import_csv
from digest.subscriptions.csv_reader import RowResult, UnreadableFile
from digest.subscriptions.models import ConsentEvent, Subscriber

Rows = QuerySet[Subscriber]


class ConsentEventInline(admin.TabularInline):  # type: ignore[type-arg]
    """A subscriber's consent events, read-only."""

    model = ConsentEvent
    fields = readonly_fields = ("at", "kind", "way", "language", "text_version", "network", "detail")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Subscriber)
class SubscriberAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("address", "state", "language", "rhythm", "confirmed_at", "ended_at")
    list_filter = ("state", "language", "rhythm", "confirmed_at")
    search_fields = ("address_key",)
    search_help_text = gettext_lazy("Start of an email address")
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    inlines = (ConsentEventInline,)
    actions = ("unsubscribe", "block", "reinstate", "erase", "export")
    readonly_fields = ("address", "state", "created_at", "confirmed_at", "ended_at")
    change_list_template = "subscriptions/admin_change_list.html"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=SubscriberForm if obj else NewSubscriberForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        preferences = ("language", "sections", "topics", "rhythm", "paused_until")
        return (*self.readonly_fields, *preferences) if obj else ("address", *preferences)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def get_search_results(self, request: HttpRequest, queryset: Rows, search_term: str) -> tuple[Rows, bool]:
        """Search by prefix in lower case, so that the index on `address_key` is used."""
        typed = search_term.strip().lower()
        return (queryset.filter(address_key__startswith=typed) if typed else queryset), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # erasing keeps a suppression of the address; deleting would not

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Add a subscriber who has to confirm, or change the preferences of an existing one."""
        if change:
            preference_changes.change_preferences(
                obj, form.preferences(), form.cleaned_data["paused_until"], consent_source(request)
            )
            return
        made = subscribing.add_pending(form.cleaned_data["address"], form.preferences(), consent_source(request))
        if made is None:
            raise PermissionDenied(_("This address has just been added elsewhere."))
        obj.pk, obj.address = made.pk, made.address

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_addition(request, Subscriber(pk=obj.pk), message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log the row by its number only: the admin log is kept after the address is erased."""
        return super().log_change(request, Subscriber(pk=obj.pk), message)

    @admin.action(description=gettext_lazy("Unsubscribe"), permissions=["change"])
    def unsubscribe(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        question = _("Unsubscribe these people?")
        return confirm_and_apply(
            self, request, rows, action="unsubscribe", question=question, operation=unsubscribing.unsubscribe
        )

    @admin.action(description=gettext_lazy("Block these addresses"), permissions=["change"])
    def block(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        question = _("Block these addresses for good, whoever subscribes them?")
        return confirm_and_apply(
            self,
            request,
            rows,
            action="block",
            question=question,
            operation=unsubscribing.block,
        )

    @admin.action(description=gettext_lazy("Clear a bounce, complaint or block"), permissions=["change"])
    def reinstate(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        question = _(
            "Resume sending? After a bounce, emails are sent as before. After a complaint or block, these "
            "people may subscribe again, and nothing is sent until they do."
        )
        return confirm_and_apply(
            self,
            request,
            rows,
            action="reinstate",
            question=question,
            operation=unsubscribing.reinstate,
            form_class=ReasonForm,
        )

    @admin.action(description=gettext_lazy("Delete data"), permissions=["change"])
    def erase(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        question = _("Delete all data about these people?")
        return confirm_and_apply(
            self,
            request,
            rows,
            action="erase",
            question=question,
            operation=unsubscribing.erase,
        )

    @admin.action(description=gettext_lazy("Export as CSV"), permissions=["change"])
    def export(self, request: HttpRequest, rows: Rows) -> HttpResponseBase:
        name = f"subscribers-{timezone.localdate():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        lines = chain(["\ufeff"], csv_lines(rows))  # the byte order mark tells spreadsheets that it is UTF-8
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="subscriptions_subscriber_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponseBase:
        """Import a CSV file, or show what the import would do."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        results: list[RowResult] = []
        if request.method == "POST" and form.is_valid():
            results = self._import(request, form)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import subscribers"),
            "opts": self.opts,
            "form": form,
            "counts": sorted(Counter(result.label for result in results).items()),
            "results": [result for result in results if result.reason][:1000],
        }
        return TemplateResponse(request, "subscriptions/admin_import.html", context)

    def _import(self, request: HttpRequest, form: ImportForm) -> list[RowResult]:
        dry_run = form.cleaned_data["dry_run"]
        try:
            text = form.cleaned_data["file"].read().decode("utf-8-sig")
            results = import_csv(text, settings.LANGUAGE_CODE, consent_source(request), dry_run=dry_run)
        except UnicodeDecodeError:
            form.add_error("file", _("This file is not UTF-8; save it as “CSV UTF-8”."))
            return []
        except UnreadableFile as error:
            form.add_error("file", str(error))
            return []
        if dry_run:
            messages.info(request, _("Nothing was changed. This is what the import would do."))
        else:
            messages.success(request, _("The file was imported."))
        return results
