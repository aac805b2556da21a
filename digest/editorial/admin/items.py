"""The admin of items with their texts, placements and attachments."""

from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import FilteredSelectMultiple, RelatedFieldWidgetWrapper
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from digest.archive import authoring
from digest.archive.admin.autocomplete import AutocompleteMixin
from digest.archive.admin.base import PublishableAdmin, StateFilter
from digest.archive.admin.forms import WIDE_WIDGETS, ContentForm, ContentFormSet
from digest.archive.admin.translation_status import LanguageFilter
from digest.archive.admin.translations import TranslationAdmin, TranslationInline
from digest.archive.changes import record_changes
from digest.archive.models import (
    Correction,
    Figure,
    Item,
    ItemTranslation,
    Link,
    Placement,
    Reference,
)
from digest.common.confirmation import confirmation_page, is_confirmed
from digest.editorial.admin.forms import ItemForm, ItemPlacementForm, ItemPlacementFormSet, ReferenceFormSet
from digest.editorial.admin.pictures import languages_without_alternative


class ItemTextInline(TranslationInline):
    model = ItemTranslation
    show_change_link = True


class LinkInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Link
    form = ContentForm
    formset = ContentFormSet
    extra = 0
    formfield_overrides = WIDE_WIDGETS


class ReferenceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Reference
    form = ContentForm
    formset = ReferenceFormSet
    extra = 0


class ItemPlacementInline(AutocompleteMixin, admin.TabularInline):  # type: ignore[type-arg]
    model = Placement
    form = ItemPlacementForm
    formset = ItemPlacementFormSet
    fields = ("issue", "section", "position", "role", "focus")
    autocomplete_fields = ("issue",)
    extra = 0
    show_change_link = True


class LinkedRowInline(admin.TabularInline):  # type: ignore[type-arg]
    """Related rows that are listed here and edited on pages of their own."""

    formset = ContentFormSet
    extra = 0
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FigureInline(LinkedRowInline):
    model = Figure
    fields = readonly_fields = ("role", "number", "picture")


class CorrectionInline(LinkedRowInline):
    model = Correction
    fields = readonly_fields = ("date", "note")

    @admin.display(description=_("note"))
    def note(self, correction: Correction) -> str:
        return str(correction.text("note"))


@admin.register(Item)
class ItemAdmin(PublishableAdmin):
    form = ItemForm
    fieldsets = (
        (None, {"fields": ("kind", "genre", "source", ("date", "date_end", "date_precision"), "attendance")}),
        (_("Bibliographic data"), {"fields": ("doi", "authors", ("volume", "number", "pages"))}),
        (_("Placement and classification"), {"fields": ("places", "topics", "related", "further_reading")}),
    )
    autocomplete_fields = ("source", "related", "further_reading")
    inlines = (ItemTextInline, LinkInline, ItemPlacementInline, FigureInline, CorrectionInline, ReferenceInline)
    list_display = ("title", "kind", "date", "from_source", "home", "languages", "state")
    list_filter = ("kind", StateFilter, LanguageFilter, ("issues", admin.RelatedFieldListFilter))
    allowed_lookups = ("source__id__exact",)  # from the list of sources
    list_select_related = ("source",)
    search_fields = ("translations__title", "doi", "=id", "=issues__number", "source__translations__name")
    date_hierarchy = "date"
    ordering = ("-pk",)
    actions = ("publish", "withdraw", "mark_up_to_date")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        return found.prefetch_related("source__translations"), duplicates

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        homes = Placement.objects.filter(item=OuterRef("pk")).exclude(role=Placement.Role.LOOK_BACK)
        number = Subquery(homes.values("issue__number")[:1])
        return super().get_queryset(request).annotate(home_number=number)  # type: ignore[no-any-return]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        relation: Any = self.opts.get_field("further_reading").remote_field
        # Copy the field, or the widget of the form class would be wrapped again with each request.
        topics = form.base_fields["topics"] = copy(form.base_fields["topics"])
        topics.widget = RelatedFieldWidgetWrapper(topics.widget, relation, self.admin_site)
        return form

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "places":  # searched in the browser, since the database has no names
            kwargs["widget"] = FilteredSelectMultiple(db_field.verbose_name, is_stacked=False)
        elif db_field.name in ("related", "further_reading"):
            kwargs["queryset"] = db_field.related_model.objects.prefetch_related("translations")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("title"))
    def title(self, obj: Item) -> str:
        return str(obj.title) or f"#{obj.pk}"

    @admin.display(description=_("source"))
    def from_source(self, obj: Item) -> str:
        return str(obj.source_name) or "—"

    @admin.display(description=_("original issue"), ordering="home_number")
    def home(self, obj: Any) -> str:
        return obj.home_number or "—"

    def after_save(self, request: HttpRequest, form: Any, formsets: list[Any]) -> None:
        has_figures = any(formset.get_queryset() for formset in formsets if formset.model is Figure)
        if has_figures and (lacking := languages_without_alternative(form.instance)):
            text = _("An image of this item has no text alternative in: %(languages)s")
            messages.warning(request, text % {"languages": ", ".join(lacking)})

    @admin.action(description=_("Publish (items not in any issue)"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
        if not is_confirmed(request):
            return confirmation_page(
                request, self, queryset, action="publish", question=str(_("Publish these items?"))
            )
        with record_changes():
            count, waiting = authoring.publish_items(queryset.values_list("pk", flat=True))
            self.log_state(request, queryset.exclude(pk__in=[item.pk for item in waiting]))
        done = ngettext("%(count)s item published.", "%(count)s items published.", count) % {"count": count}
        messages.success(request, done)
        if waiting:
            text = _("These items will be published with their issue: %(items)s")
            messages.warning(request, text % {"items": " · ".join(map(str, waiting))})
        return None

    @admin.action(description=_("Withdraw"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
        if not is_confirmed(request):
            question = str(_("Withdraw these items?"))
            return confirmation_page(request, self, queryset, action="withdraw", question=question)
        with record_changes():
            count = authoring.withdraw_items(queryset.values_list("pk", flat=True))
            self.log_state(request, queryset)
        done = ngettext("%(count)s item withdrawn.", "%(count)s items withdrawn.", count) % {"count": count}
        messages.success(request, done)
        return None


@admin.register(ItemTranslation)
class ItemTranslationAdmin(TranslationAdmin):
    pass
