"""Forms for texts by language, in the form of their row and on pages of their own. Converted texts are not shown."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from digest.archive import authoring
from digest.archive.admin.base import VersionedContentAdmin, disable_fields
from digest.archive.admin.forms import WIDE_WIDGETS, ContentForm, ContentFormSet
from digest.archive.models import Origin, TranslationBase
from digest.common.languages import ENGLISH, HANT, LANGUAGES

EDITOR_LANGUAGES = (HANT.code, ENGLISH.code)  # an empty form is shown for each of these; a third language can be added


class TranslationForm(ContentForm):
    """The texts in one language. The language of an existing row cannot be changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.bidirectional_fields = self._meta.model.MARKDOWN
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            disable_fields(self, "language")

    @property
    def changed_data(self) -> list[str]:
        """An extra form in which only the preset language is filled in is unchanged."""
        changed = super().changed_data
        return [] if self.instance.pk is None and changed == ["language"] else changed

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        row = self.instance
        others = type(row).objects.filter(
            owner=row.owner_id, language=self.cleaned_data.get("language"), origin=Origin.WRITTEN
        )
        if row.owner_id and row._state.adding and others.exists():
            self.add_error("language", _("A text in this language already exists."))
        return cleaned


class TranslationFormSet(ContentFormSet):
    """The texts of one row: each language once, and `required_field` filled in in at least one of them."""

    required_field = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        existing = {row.language for row in self.get_queryset()}
        self.initial_extra = [{"language": code} for code in EDITOR_LANGUAGES if code not in existing]
        self.extra = len(self.initial_extra)

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.remaining_forms():
            language = form.cleaned_data.get("language") if form.is_valid() else None
            if language in seen:
                form.add_error("language", _("A text in this language already exists."))
            elif language:
                seen.add(language)
        if self.required_field and all(
            f.is_valid() and not f.cleaned_data.get(self.required_field) for f in self.remaining_forms()
        ):
            label = self.model._meta.get_field(self.required_field).verbose_name  # type: ignore[union-attr]
            raise ValidationError(_("Enter “%(field)s” in at least one language."), params={"field": label})

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=False)
        if commit and (saved or self.deleted_objects):
            authoring.save_texts(self.instance, saved, self.deleted_objects)
        return saved


class TranslationInline(admin.StackedInline):  # type: ignore[type-arg]
    """The written texts of a row, one form per language."""

    form = TranslationForm
    formset = TranslationFormSet
    extra = 0
    max_num = len(LANGUAGES)
    readonly_fields = ("state",)
    formfield_overrides = WIDE_WIDGETS

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(origin=Origin.WRITTEN).order_by("pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["language", *self.model.edited_fields(), "state"]

    @admin.display(description=_("state"))
    def state(self, row: TranslationBase) -> str:
        if not row.pk or not row.translated_from:
            return "—"
        name = LANGUAGES[row.translated_from].name
        source = row.owner.written(row.translated_from)  # type: ignore[attr-defined]
        if source and row.is_outdated(source):
            return str(_("out of date: the text in %(language)s has changed since") % {"language": name})
        return str(_("translation of the %(language)s text") % {"language": name})


class TranslationPageForm(TranslationForm):
    """The form of a text on a page of its own, without the other languages; also used to restore a revision."""

    required_field = ""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        row, name = self.instance, self.required_field
        if not row._meta.get_field("owner").related_model.objects.filter(pk=row.owner_id).exists():
            raise ValidationError(_("The record this text belongs to was deleted. Restore it first."))
        others = type(row).objects.filter(owner=row.owner_id, origin=Origin.WRITTEN).exclude(pk=row.pk)
        if name and not self.cleaned_data.get(name) and not others.exclude(**{name: ""}).exists():
            self.add_error(name, _("Enter this in at least one language."))
        return cleaned


class TranslationAdmin(VersionedContentAdmin):
    """The page of a text, for its history. It is linked from the form of its row, which adds and deletes texts."""

    form = TranslationPageForm
    readonly_fields = ("owner",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(origin=Origin.WRITTEN)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["owner", "language", *self.model.edited_fields()]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        # Not by has_delete_permission: without it, the row could not be deleted with its texts.
        raise PermissionDenied

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return super().render_change_form(request, context | {"show_delete": False}, *args, **kwargs)
