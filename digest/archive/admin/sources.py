"""The admin of sources."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from digest.archive import authoring
from digest.archive.admin.base import TranslatedContentAdmin
from digest.archive.admin.translation_status import LanguageFilter, count_of_related
from digest.archive.admin.translations import (
    TranslationAdmin,
    TranslationFormSet,
    TranslationInline,
    TranslationPageForm,
)
from digest.archive.admin.translations import TranslationForm as BaseTranslationForm
from digest.archive.models import Item, Source, SourceTranslation
from digest.archive.models.source import KEY_LENGTH
from digest.common.languages import ENGLISH
from digest.common.slugs import make_slug


def validate_line_length(text: str) -> None:
    """A validator for alternative names, one per line."""
    if any(len(line) > KEY_LENGTH for line in text.splitlines()):
        message = _("Each name can have up to %(limit)s characters. Enter one name per line.")
        raise ValidationError(message, params={"limit": KEY_LENGTH})


class SourceNameForm(BaseTranslationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "other_names" in self.fields:  # not in the form of users who may only view
            self.fields["other_names"].validators.append(validate_line_length)


class SourceNameFormSet(TranslationFormSet):
    required_field = "name"


class SourceNameInline(TranslationInline):
    model = SourceTranslation
    form = SourceNameForm
    formset = SourceNameFormSet
    show_change_link = True


@admin.register(Source)
class SourceAdmin(TranslatedContentAdmin):
    text_field = "name"
    fields = ("kind", "url", "slug")
    inlines = (SourceNameInline,)
    list_display = ("__str__", "kind", "item_count", "languages", "slug")
    list_filter = ("kind", LanguageFilter)
    search_fields = ("translations__name", "translations__other_names", "slug")
    ordering = ("slug",)
    actions = ("mark_up_to_date",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug cannot be changed, so that the address of the page stays the same."""
        return ("slug",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(item_total=count_of_related(Item.objects.all(), "source"))  # type: ignore[no-any-return]

    @admin.display(description=_("items"), ordering="item_total")
    def item_count(self, obj: Any) -> str:
        return format_html('<a href="{}">{}</a>', _item_list_url(obj), obj.item_total)

    def after_save(self, request: HttpRequest, form: Any, formsets: list[Any]) -> None:
        source = form.instance
        if "slug" in form.fields and not form.cleaned_data["slug"]:
            name = source.text("name", ENGLISH.code)  # in Latin letters if possible
            authoring.edit(source, {"slug": make_slug(Source, str(name), "source")})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Sources with items cannot be deleted; the page shows how many items they have, with a link."""
        used = [source for source in objs if source.items.exists()]
        if not used:
            return super().get_deleted_objects(objs, request)
        return [], {}, set(), [_items_message(source) for source in used]


def _item_list_url(source: Source) -> str:
    return f"{reverse('admin:archive_item_changelist')}?source__id__exact={source.pk}"


def _items_message(source: Source) -> str:
    count = source.items.count()
    text = ngettext("used by %(count)s item", "used by %(count)s items", count) % {"count": count}
    return format_html('{}: <a href="{}">{}</a>', source, _item_list_url(source), text)


class SourceTranslationForm(TranslationPageForm, SourceNameForm):
    required_field = "name"


@admin.register(SourceTranslation)
class SourceTranslationAdmin(TranslationAdmin):
    form = SourceTranslationForm
