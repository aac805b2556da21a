"""The admin's site: what the pages of all models refuse, those of Django and of other packages included."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpRequest

# What Django's own filters ask of a field, and its date hierarchy.
_BY_FILTERS = ("exact", "isnull", "isempty", "gte", "lt", "id__exact")
_BY_HIERARCHY = ("year", "month", "day", "gte", "lt")


class StrictLists(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list takes what its own page sends: of its address, only what its filters and links write is looked up.

    Django allows any lookup of any field of the model: whoever may see a list could read a secret letter by letter
    (`?secret__startswith=a`), or keep the database busy (`?address__regex=...`). What links of ours ask for beside
    `list_filter`, a class names in `linked_lookups`.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        linked = getattr(self, "linked_lookups", ())
        if "\0" in str(value):  # which PostgreSQL takes in no text
            return False
        return lookup in {*linked, *self._of_filters(request), *self._of_hierarchy()}

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        """400 where what was chosen cannot be the key of a row: Django hands it to the database as it came."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.run_validators(self.opts.pk.to_python(key))
            except ValidationError as error:
                raise SuspiciousOperation("a row that cannot be was chosen") from error
        return super().response_action(request, queryset, *args, **kwargs)

    def _of_filters(self, request: Any) -> Iterator[str]:
        for listed in self.get_list_filter(request):
            name = listed[0] if isinstance(listed, tuple | list) else listed
            if not isinstance(name, str):
                yield name.parameter_name  # type: ignore[union-attr]
                continue
            yield name
            yield from (f"{name}__{lookup}" for lookup in _BY_FILTERS)

    def _of_hierarchy(self) -> Iterator[str]:
        if self.date_hierarchy:
            yield from (f"{self.date_hierarchy}__{lookup}" for lookup in _BY_HIERARCHY)


class Site(admin.AdminSite):
    """Django's site, with `StrictLists` for every model, whoever registers it."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        given = admin_class or admin.ModelAdmin
        listed = type(given.__name__, (StrictLists, given), {"__module__": given.__module__})
        super().register(model_or_iterable, listed, **options)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """With 400 for what a database cannot hold: numbers too large for SQLite, NUL in a text for PostgreSQL."""

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return view(request, *args, **kwargs)
            except OverflowError as error:
                raise SuspiciousOperation("a number that is too large for the database") from error
            except ValueError as error:
                if "NUL" not in str(error):  # psycopg's words
                    raise
                raise SuspiciousOperation("a text that the database cannot hold") from error

        return super().admin_view(guarded, cacheable)
