"""The admin of corrections: dated public notes on items that were wrong."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from digest.archive.admin.base import VersionedContentAdmin, disable_fields
from digest.archive.admin.forms import ContentForm
from digest.archive.admin.translations import TranslationFormSet, TranslationInline
from digest.archive.models import Correction, CorrectionTranslation


class CorrectionForm(ContentForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            disable_fields(self, "item")


class CorrectionNoteFormSet(TranslationFormSet):
    required_field = "note"


class CorrectionNoteInline(TranslationInline):
    model = CorrectionTranslation
    formset = CorrectionNoteFormSet


@admin.register(Correction)
class CorrectionAdmin(VersionedContentAdmin):
    form = CorrectionForm
    fields = ("item", "date")
    autocomplete_fields = ("item",)
    inlines = (CorrectionNoteInline,)
    list_display = ("date", "item")
    list_select_related = ("item",)
    search_fields = ("item__translations__title", "translations__note")
    date_hierarchy = "date"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term.replace("\0", ""))
        return found.prefetch_related("item__translations"), duplicates
