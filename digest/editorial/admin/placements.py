"""The admin of placements: here an item gets a short summary for one issue, and an item moves to another issue."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from digest.archive.admin.base import ContentAdmin, disable_fields
from digest.archive.admin.translations import TranslationInline
from digest.archive.models import Placement, PlacementTranslation
from digest.editorial.admin.forms import PlacementForm


class PlacementPageForm(PlacementForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            disable_fields(self, "item")


class ShortSummaryInline(TranslationInline):
    model = PlacementTranslation


@admin.register(Placement)
class PlacementAdmin(ContentAdmin):
    form = PlacementPageForm
    fields = ("item", "issue", "section", "position", "role", "focus")
    autocomplete_fields = ("item", "issue")
    inlines = (ShortSummaryInline,)
    list_display = ("item", "issue", "section", "position", "role", "focus")
    list_filter = ("section", "role", "focus", "issue")
    list_select_related = ("item", "issue")
    search_fields = ("item__translations__title", "=issue__number")
    ordering = ("-issue__whole", "-issue__part", "position", "pk")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term.replace("\0", ""))
        return found.prefetch_related("item__translations"), duplicates
