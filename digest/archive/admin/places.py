"""The admin of places. Their names come from CLDR; the database has only their codes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from digest.archive.admin.base import ContentAdmin
from digest.archive.models import Place
from digest.common.languages import LANGUAGES
from digest.common.places import place_name


@admin.register(Place)
class PlaceAdmin(ContentAdmin):
    list_display = ("code", "names")
    search_fields = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()  # the code is the primary key

    @admin.display(description=_("names"))
    def names(self, obj: Place) -> str:
        return " · ".join(dict.fromkeys(place_name(obj.code, code) for code in LANGUAGES))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Search by code or name, in Python since the database has no names; there are few places."""
        wanted = search_term.casefold()
        codes = [p.code for p in queryset if wanted in p.code.casefold() or wanted in self.names(p).casefold()]
        return queryset.filter(code__in=codes), False
