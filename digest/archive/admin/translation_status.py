"""Which texts of a row are missing or out of date: queries, and a filter for lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from digest.archive.models import Origin
from digest.common.languages import ENGLISH, HANS, HANT, LANGUAGES

LANGUAGE_MARKS = {HANT.code: "繁", HANS.code: "简", ENGLISH.code: "英"}
_WRITTEN = {"origin": Origin.WRITTEN}


def translation_model(model: Any) -> Any:
    """The translation model of a translated model."""
    return model._meta.get_field("translations").related_model


def outdated_texts(model: Any) -> QuerySet[Any]:
    """Written texts whose source text was changed after they were translated from it."""
    texts = translation_model(model).objects
    source = texts.filter(owner=OuterRef("owner"), language=OuterRef("translated_from"), **_WRITTEN)
    changed_source = source.exclude(text_digest=OuterRef("source_digest"))
    return texts.filter(Exists(changed_source), **_WRITTEN)  # type: ignore[no-any-return]


def count_of_related(rows: QuerySet[Any], foreign_key: str) -> Coalesce:
    """An annotation: how many of `rows` point to the row. A subquery, so that searches can still add joins."""
    related = rows.filter(**{foreign_key: OuterRef("pk")}).order_by().values(foreign_key)
    return Coalesce(Subquery(related.annotate(total=Count("pk")).values("total")), 0)


class LanguageFilter(admin.SimpleListFilter):
    """By missing or outdated texts; `text_field` of the ModelAdmin is the field that counts."""

    title = _("languages")
    parameter_name = "texts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        missing = [(HANT.code, _("Traditional Chinese missing")), (ENGLISH.code, _("English missing"))]
        has_abstract = hasattr(translation_model(model_admin.model), "abstract")
        abstract = [("abstract", _("English abstract missing"))] if has_abstract else []
        self.field = model_admin.text_field
        return [*missing, *abstract, ("outdated", _("translation out of date"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        texts = translation_model(queryset.model).objects.filter(owner=OuterRef("pk"))
        match self.value():
            case "outdated":
                return queryset.filter(Exists(outdated_texts(queryset.model).filter(owner=OuterRef("pk"))))
            case "abstract":
                return queryset.filter(~Exists(texts.filter(language=ENGLISH.code).exclude(abstract="")))
            case str(code) if code in LANGUAGES:
                return queryset.filter(~Exists(texts.filter(language=code).exclude(**{self.field: ""})))
        return queryset
