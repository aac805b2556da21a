"""The admin of pictures with their captions and text alternatives."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from digest.archive import authoring
from digest.archive.admin.base import ContentAdmin, disable_fields
from digest.archive.admin.forms import ContentForm
from digest.archive.admin.translations import TranslationFormSet, TranslationInline
from digest.archive.models import Figure, FigureTranslation, Item
from digest.common.languages import LANGUAGES


def written_languages(item: Item) -> list[str]:
    """Codes of the languages in which the item has written texts."""
    rows = [row for row in item.translations.all() if not row.is_converted and any(row.texts().values())]
    return [row.language for row in rows]


def languages_without_alternative(item: Item) -> list[str]:
    """Names of the languages in which the item has texts, but one of its pictures has no text alternative."""
    written = set(written_languages(item))
    missing: set[str] = set()
    for figure in item.figures.exclude(picture=""):
        missing |= written - {r.language for r in figure.translations.all() if r.alternative and not r.is_converted}
    return [LANGUAGES[code].name for code in LANGUAGES if code in missing]


class FigureForm(ContentForm):
    # Not Django's ImageField, which opens files of all formats that Pillow knows, before our own checks.
    picture = forms.FileField(
        label=_("Image"),
        required=False,
        widget=AdminFileWidget(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("JPEG, PNG or WebP, up to 25 megapixels"),
        max_length=None,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            disable_fields(self, "item")

    def clean_picture(self) -> Any:
        picture = self.cleaned_data["picture"]
        if not isinstance(picture, UploadedFile):
            return picture
        from digest.archive.picture_encoding import encode_picture  # imports Pillow

        return encode_picture(picture)


class TextAlternativeFormSet(TranslationFormSet):
    """Requires a text alternative in each language in which the item has texts."""

    def clean(self) -> None:
        super().clean()
        figure = self.instance
        if not figure.picture or not figure.item_id:
            return
        forms_by_language = {f.cleaned_data.get("language"): f for f in self.remaining_forms() if f.is_valid()}
        required = written_languages(figure.item)
        existing = {code for code, form in forms_by_language.items() if form.cleaned_data.get("alternative")}
        missing = [code for code in required if code not in existing]
        for code in missing:
            if code in forms_by_language:
                forms_by_language[code].add_error("alternative", _("Describe what the image shows."))
        if missing or not existing:
            names = ", ".join(LANGUAGES[code].name for code in missing or LANGUAGES)
            message = _("The image needs a text alternative in: %(languages)s")
            raise ValidationError(message, params={"languages": names})


class TextAlternativeInline(TranslationInline):
    model = FigureTranslation
    formset = TextAlternativeFormSet


@admin.register(Figure)
class FigureAdmin(ContentAdmin):
    form = FigureForm
    fields = ("item", "role", "number", "picture", "preview")
    readonly_fields = ("preview",)
    autocomplete_fields = ("item",)
    inlines = (TextAlternativeInline,)
    list_display = ("item", "role", "number", "picture")
    list_filter = ("role", ("picture", admin.EmptyFieldListFilter))
    list_select_related = ("item",)
    search_fields = ("item__translations__title", "translations__caption")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term.replace("\0", ""))
        return found.prefetch_related("item__translations"), duplicates

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.picture_view)
        return [path("<int:pk>/picture/", view, name="archive_figure_picture"), *super().get_urls()]

    def picture_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """The picture for users who may view it or its item; the public URL works for published items only."""
        figure = self.get_object(request, str(pk))
        if not figure or not figure.picture:
            raise Http404
        items = self.admin_site.get_model_admin(Item)
        if not self.has_view_permission(request, figure) and not items.has_view_permission(request, figure.item):
            raise Http404
        response = FileResponse(figure.picture.open("rb"), content_type="image/webp")
        response.headers["Cache-Control"] = "private, no-store"  # it may belong to a draft
        return response

    @admin.display(description=_("preview"))
    def preview(self, figure: Figure) -> str:
        if not figure.pk or not figure.picture:
            return "—"
        address = reverse("admin:archive_figure_picture", args=[figure.pk])
        return format_html('<img src="{}" alt="{}" width="320">', address, figure.alternative)

    def save_model(self, request: HttpRequest, obj: Figure, form: Any, change: bool) -> None:
        if "picture" in form.changed_data:
            authoring.save_picture(obj)
        else:
            super().save_model(request, obj, form, change)
