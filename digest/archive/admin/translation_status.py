"""Lists that show in which languages a row is written, and filters that find what is lacking or out of date."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import Origin
from digest.common.languages import ENGLISH, HANS, HANT, LANGUAGES

MARKS = {HANT.code: "繁", HANS.code: "简", ENGLISH.code: "英"}


def _rows(model: Any) -> Any:
    """The translation model of a translated one."""
    return model._meta.get_field("translations").related_model


_WRITTEN = {"origin": Origin.WRITTEN}


def outdated(model: Any) -> QuerySet[Any]:
    """Written texts whose source, also written, has changed since they were made from it."""
    rows = _rows(model)
    stale = _source(rows).exclude(text_digest=OuterRef("source_digest"))
    return rows.objects.filter(Exists(stale), **_WRITTEN)  # type: ignore[no-any-return]


def _source(rows: Any) -> QuerySet[Any]:
    return rows.objects.filter(owner=OuterRef("owner"), language=OuterRef("translated_from"), **_WRITTEN)  # type: ignore[no-any-return]


def how_many(rows: QuerySet[Any], owner: str) -> Coalesce:
    """An annotation: the number of `rows` whose foreign key `owner` is the row. No join, so that searches may join."""
    mine = rows.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    return Coalesce(Subquery(mine.annotate(total=Count("pk")).values("total")), 0)


class LanguageFilter(admin.SimpleListFilter):
    """By what is lacking. The admin names the field that counts in `text_field`."""

    title = _("languages")
    parameter_name = "texts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        lacking = [(HANT.code, _("lacks Traditional Chinese")), (ENGLISH.code, _("lacks English"))]
        has_abstract = hasattr(_rows(model_admin.model), "abstract")
        abstract = [("abstract", _("English abstract missing"))] if has_abstract else []
        self.field = model_admin.text_field
        return [*lacking, *abstract, ("outdated", _("translation out of date"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        mine = _rows(queryset.model).objects.filter(owner=OuterRef("pk"))
        match self.value():
            case "outdated":
                return queryset.filter(Exists(outdated(queryset.model).filter(owner=OuterRef("pk"))))
            case "abstract":
                return queryset.filter(~Exists(mine.filter(language=ENGLISH.code).exclude(abstract="")))
            case str(code) if code in LANGUAGES:
                return queryset.filter(~Exists(mine.filter(language=code).exclude(**{self.field: ""})))
        return queryset


class TranslatedListMixin:
    """For a ModelAdmin of rows with translations: a fixed number of queries for its lists and look-ups."""

    model: Any
    text_field = "title"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Both the list and the look-ups of other forms come through here: the place to fetch what a line shows."""
        if "\0" in search_term:
            return queryset.none(), False
        found, duplicates = super().get_search_results(request, queryset, search_term)  # type: ignore[misc]
        rows = _rows(self.model).objects.only("owner_id", "language", "origin", "translated_from", self.text_field)
        is_outdated = Exists(outdated(self.model).filter(owner=OuterRef("pk")))
        return found.prefetch_related(Prefetch("translations", rows)).annotate(is_outdated=is_outdated), duplicates

    @admin.display(description=_("languages"))
    def languages(self, obj: Any) -> str:
        """繁 英, and whether one of them is out of date; what was converted is not counted."""
        have = {r.language for r in obj.translations.all() if not r.is_converted and getattr(r, self.text_field)}
        marks = [mark for code, mark in MARKS.items() if code in have]
        return " ".join([*marks, *([str(_("(out of date)"))] if obj.is_outdated else [])]) or "—"

    @admin.action(description=_("Mark translations as up to date"), permissions=["change"])
    def mark_up_to_date(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        owners = outdated(self.model).filter(owner__in=queryset.values("pk")).values("owner")
        with record_changes():
            count = sum(authoring.mark_up_to_date(row) for row in self.model.objects.filter(pk__in=owners))
        text = ngettext("%(count)s text marked as up to date.", "%(count)s texts marked as up to date.", count)
        messages.success(request, text % {"count": count})
