"""Widgets for choosing rows by typing a part of their name."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import HttpRequest

MAX_PRIMARY_KEY = 2**63 - 1


def is_primary_key(value: object) -> bool:
    """Whether this can be the primary key of a row."""
    text = str(value)
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_PRIMARY_KEY


class _ValidKeysMixin:
    """Ignores submitted values that cannot be primary keys, for which Django's widget would cause a database error."""

    def optgroups(self, name: str, value: list[Any], attr: Any = None) -> Any:
        keys = [key for key in value if is_primary_key(key)] or [""]
        return super().optgroups(name, keys, attr)  # type: ignore[misc]


class SafeAutocompleteSelect(_ValidKeysMixin, AutocompleteSelect):  # type: ignore[misc]
    pass


class SafeAutocompleteSelectMultiple(_ValidKeysMixin, AutocompleteSelectMultiple):  # type: ignore[misc]
    pass


class AutocompleteMixin(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """Uses these widgets for the `autocomplete_fields` of a ModelAdmin or an inline."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs.setdefault("widget", SafeAutocompleteSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs.setdefault("widget", SafeAutocompleteSelectMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)
