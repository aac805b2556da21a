"""The admin site, which rejects invalid requests to the pages of all models, including those of other packages."""

from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpRequest
from django.urls import path

from digest.common import guide

# Lookups that Django's list filters and date hierarchy use.
_FILTER_LOOKUPS = ("exact", "isnull", "isempty", "gte", "lt", "id__exact")
_DATE_HIERARCHY_LOOKUPS = ("year", "month", "day", "gte", "lt")


class StrictLookupAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Allows only the lookups that the filters and links of a list use.

    Django allows any lookup of any field of the model. Users with permission to view a list could read a secret
    letter by letter (`?secret__startswith=a`) or overload the database (`?address__regex=...`). A class names the
    lookups that its own links need, besides `list_filter`, in `allowed_lookups`.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        allowed = getattr(self, "allowed_lookups", ())
        if "\0" in str(value):  # PostgreSQL rejects it
            return False
        return lookup in {*allowed, *self._filter_lookups(request), *self._date_hierarchy_lookups()}

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        """Respond with 400 to invalid primary keys, which Django would pass to the database."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.run_validators(self.opts.pk.to_python(key))
            except ValidationError as error:
                raise SuspiciousOperation("Invalid primary key") from error
        return super().response_action(request, queryset, *args, **kwargs)

    def _filter_lookups(self, request: Any) -> Iterator[str]:
        for listed in self.get_list_filter(request):
            name = listed[0] if isinstance(listed, tuple | list) else listed
            if not isinstance(name, str):
                yield name.parameter_name  # type: ignore[union-attr]
                continue
            yield name
            yield from (f"{name}__{lookup}" for lookup in _FILTER_LOOKUPS)

    def _date_hierarchy_lookups(self) -> Iterator[str]:
        if self.date_hierarchy:
            yield from (f"{self.date_hierarchy}__{lookup}" for lookup in _DATE_HIERARCHY_LOOKUPS)


class PortalAdminSite(admin.AdminSite):
    """Django's admin site, with `StrictLookupAdmin` for all models, including those of other packages."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        base = admin_class or admin.ModelAdmin
        strict = type(base.__name__, (StrictLookupAdmin, base), {"__module__": base.__module__})
        super().register(model_or_iterable, strict, **options)

    def get_urls(self) -> list[Any]:
        urls = [
            path("guide/", self.admin_view(partial(guide.guide, site=self)), name="guide"),
            path(f"guide/{guide.EXAMPLE}", self.admin_view(guide.example), name="guide_example"),
        ]
        return [*urls, *super().get_urls()]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Respond with 400 to values that databases reject: large numbers (SQLite) and NUL (PostgreSQL)."""

        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return view(request, *args, **kwargs)
            except OverflowError as error:
                raise SuspiciousOperation("Number too large for the database") from error
            except ValueError as error:
                if "NUL" not in str(error):  # as psycopg words it
                    raise
                raise SuspiciousOperation("Text with NUL") from error

        return super().admin_view(wrapper, cacheable)
