"""Choosing rows by typing a part of their name."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import HttpRequest

MAX_KEY = 2**63 - 1


def is_key(value: object) -> bool:
    """Whether a row may have this primary key."""
    text = str(value)
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_KEY


class _KnownKeys:
    """Django's widget asks the database for whatever a request holds; for what is no key that ends in an error."""

    def optgroups(self, name: str, value: list[Any], attr: Any = None) -> Any:
        keys = [each for each in value if is_key(each)] or [""]
        return super().optgroups(name, keys, attr)  # type: ignore[misc]


class LookUp(_KnownKeys, AutocompleteSelect):  # type: ignore[misc]
    pass


class LookUpSeveral(_KnownKeys, AutocompleteSelectMultiple):  # type: ignore[misc]
    pass


class LookUpMixin(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """For a ModelAdmin or an inline with `autocomplete_fields`."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs.setdefault("widget", LookUp(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs.setdefault("widget", LookUpSeveral(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)
