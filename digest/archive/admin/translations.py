"""Texts by language inside their row's form; converted ones are the machine's and are not shown."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from digest.archive import authoring
from digest.archive.admin.base import RevisedAdmin, disable
from digest.archive.admin.forms import WIDE, CleanForm, LiveFormSet
from digest.archive.models import Origin, TranslationBase
from digest.common.languages import ENGLISH, HANT, LANGUAGES

OFFERED = (HANT.code, ENGLISH.code)  # empty forms are offered for what editors write; a third language can be added


class TranslationForm(CleanForm):
    """One language's texts. The language of a text that exists stays; what is saved counts as written by somebody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.long_texts = self._meta.model.MARKDOWN
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            disable(self, "language")

    @property
    def changed_data(self) -> list[str]:
        """An offered form of which only the language is filled in was left alone."""
        changed = super().changed_data
        return [] if self.instance.pk is None and changed == ["language"] else changed

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        row = self.instance
        others = type(row).objects.filter(
            owner=row.owner_id, language=self.cleaned_data.get("language"), origin=Origin.WRITTEN
        )
        if row.owner_id and row._state.adding and others.exists():
            self.add_error("language", _("There is a text in this language already."))
        return cleaned


class TranslationFormSet(LiveFormSet):
    """The texts of one row: a language once, and `needed` (a field's name) written in at least one of them."""

    needed = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        have = {row.language for row in self.get_queryset()}
        self.initial_extra = [{"language": code} for code in OFFERED if code not in have]
        self.extra = len(self.initial_extra)

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.live_forms():
            language = form.cleaned_data.get("language") if form.is_valid() else None
            if language in seen:
                form.add_error("language", _("There is a text in this language already."))
            elif language:
                seen.add(language)
        if self.needed and all(f.is_valid() and not f.cleaned_data.get(self.needed) for f in self.live_forms()):
            label = self.model._meta.get_field(self.needed).verbose_name  # type: ignore[union-attr]
            raise ValidationError(_("“%(field)s” must be written in at least one language."), params={"field": label})

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=False)
        if commit and (saved or self.deleted_objects):
            authoring.save_texts(self.instance, saved, self.deleted_objects)
        return saved


class TranslationInline(admin.StackedInline):  # type: ignore[type-arg]
    """The written texts of a row, one form a language."""

    form = TranslationForm
    formset = TranslationFormSet
    extra = 0
    max_num = len(LANGUAGES)
    readonly_fields = ("state",)
    formfield_overrides = WIDE

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(origin=Origin.WRITTEN).order_by("pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["language", *self.model.text_fields(), "state"]

    @admin.display(description=_("state"))
    def state(self, row: TranslationBase) -> str:
        if not row.pk or not row.translated_from:
            return "—"
        name = LANGUAGES[row.translated_from].name
        source = row.owner.written(row.translated_from)  # type: ignore[attr-defined]
        if source and row.is_outdated(source):
            return str(_("out of date: the text in %(language)s has changed since") % {"language": name})
        return str(_("renders the text in %(language)s") % {"language": name})


class RowForm(TranslationForm):
    """A text on a page of its own, where its fellows are not in sight; also an old revision brought back."""

    needed = ""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        row, needed = self.instance, self.needed
        if not row._meta.get_field("owner").related_model.objects.filter(pk=row.owner_id).exists():
            raise ValidationError(_("What this text belongs to was deleted. Bring that back first."))
        others = type(row).objects.filter(owner=row.owner_id, origin=Origin.WRITTEN).exclude(pk=row.pk)
        if needed and not self.cleaned_data.get(needed) and not others.exclude(**{needed: ""}).exists():
            self.add_error(needed, _("This must be written in at least one language."))
        return cleaned


class TranslationAdmin(RevisedAdmin):
    """A text's own page, reached from its row's form: here are its revisions. Adding and deleting is done there."""

    form = RowForm
    readonly_fields = ("owner",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(origin=Origin.WRITTEN)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["owner", "language", *self.model.text_fields()]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        # Not by permission: that would forbid deleting the whole row, its texts included, as well.
        raise PermissionDenied

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return super().render_change_form(request, context | {"show_delete": False}, *args, **kwargs)
