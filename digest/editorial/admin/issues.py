"""The admin of issues: their texts, their placements, previews, publishing and sending."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from digest.archive import authoring
from digest.archive.admin.autocomplete import AutocompleteMixin
from digest.archive.admin.base import PublishableAdmin, StateFilter
from digest.archive.admin.translation_status import LanguageFilter, count_of_related
from digest.archive.admin.translations import TranslationAdmin, TranslationInline
from digest.archive.changes import record_changes
from digest.archive.models import Issue, IssueTranslation, ItemTranslation, Placement
from digest.common.confirmation import confirmation_page, is_confirmed
from digest.editorial.admin import mail_preview, web_preview
from digest.editorial.admin.forms import IssueForm, PlacementForm, PlacementFormSet
from digest.editorial.admin.publish_and_send import confirm_and_send


class IssueTextInline(TranslationInline):
    model = IssueTranslation
    show_change_link = True


class IssuePlacementInline(admin.TabularInline):  # type: ignore[type-arg]
    """The placements in the issue. The item of a placement cannot be changed, which saves an autocomplete per row."""

    model = Placement
    form = PlacementForm
    formset = PlacementFormSet
    verbose_name_plural = _("in this issue")
    fields = ("title", "section", "position", "role", "focus")
    readonly_fields = ("title",)
    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        titles = ItemTranslation.objects.only("owner_id", "language", "origin", "translated_from", "title")
        rows = super().get_queryset(request).select_related("item", "issue").order_by("position", "pk")
        return rows.prefetch_related(Prefetch("item__translations", titles))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("item"))
    def title(self, placement: Placement) -> str:
        return str(placement.item.title) or f"#{placement.item_id}"


class AddPlacementInline(AutocompleteMixin, admin.TabularInline):  # type: ignore[type-arg]
    """Empty forms for placing more items."""

    model = Placement
    form = PlacementForm
    formset = PlacementFormSet
    verbose_name = _("item to place")
    verbose_name_plural = _("place more items")
    fields = ("item", "section", "position", "role", "focus")
    autocomplete_fields = ("item",)
    extra = 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).none()


@admin.register(Issue)
class IssueAdmin(PublishableAdmin):
    form = IssueForm
    fields = ("number", "date", "record", "remainder", "state", "published_at")
    inlines = (IssueTextInline, IssuePlacementInline, AddPlacementInline)
    list_display = ("number", "title", "date", "item_count", "languages", "state")
    list_filter = (StateFilter, "record", LanguageFilter)
    search_fields = ("number", "translations__title")
    date_hierarchy = "date"
    ordering = ("-whole", "-part")
    actions = ("publish", "publish_and_send", "withdraw", "mark_up_to_date")
    confirmable_actions = ("publish", "publish_and_send", "withdraw")

    def get_urls(self) -> list[Any]:
        return [*mail_preview.urls(self), *web_preview.urls(self), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The number of a published issue cannot be changed: it is in the address of its page."""
        shown = ("state", "published_at")
        return ("number", *shown) if obj and obj.is_published else shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(item_total=count_of_related(Placement.objects.all(), "issue"))  # type: ignore[no-any-return]

    @admin.display(description=_("title"))
    def title(self, obj: Issue) -> str:
        return str(obj.title) or "—"

    @admin.display(description=_("items"), ordering="item_total")
    def item_count(self, obj: Any) -> int:
        return int(obj.item_total)

    def save_model(self, request: HttpRequest, obj: Issue, form: Any, change: bool) -> None:
        """Restoring a revision does not change the number of a published issue, either."""
        if current := Issue.objects.published().filter(pk=obj.pk).first():
            obj.number = current.number
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
        if not is_confirmed(request):
            notes = [_content_summary(issue) for issue in queryset]
            question = str(_("Publish these issues and their items?"))
            return confirmation_page(request, self, queryset, action="publish", question=question, notes=notes)
        with record_changes():
            issues = list(queryset)
            for issue in issues:
                authoring.publish_issue(issue)
            self.log_state(request, queryset)
        done = ngettext("%(count)s issue published.", "%(count)s issues published.", len(issues))
        messages.success(request, done % {"count": len(issues)})
        return None

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Sending publishes the issue and adds a mailing, so it needs both permissions."""
        return self.has_change_permission(request) and request.user.has_perm("mailing.add_mailing")

    @admin.action(description=_("Publish and send"), permissions=["send"])
    def publish_and_send(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return confirm_and_send(self, request, queryset)

    @admin.action(description=_("Withdraw"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
        if not is_confirmed(request):
            question = str(_("Withdraw these issues?"))
            note = str(_("Their items are withdrawn too, unless another published issue contains them."))
            return confirmation_page(request, self, queryset, action="withdraw", question=question, notes=[note])
        with record_changes():
            issues = list(queryset)
            for issue in issues:
                authoring.withdraw_issue(issue)
            self.log_state(request, queryset)
        done = ngettext("%(count)s issue withdrawn.", "%(count)s issues withdrawn.", len(issues))
        messages.success(request, done % {"count": len(issues)})
        return None


def _content_summary(issue: Issue) -> str:
    count = issue.placements.count()
    text = ngettext("Issue %(number)s shows %(count)s item.", "Issue %(number)s shows %(count)s items.", count)
    return text % {"number": issue.number, "count": count}


@admin.register(IssueTranslation)
class IssueTranslationAdmin(TranslationAdmin):
    pass
