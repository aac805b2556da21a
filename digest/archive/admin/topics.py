"""The admin of topics."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from digest.archive import authoring
from digest.archive.admin.base import TranslatedContentAdmin
from digest.archive.admin.forms import ContentForm, ContentFormSet
from digest.archive.admin.translation_status import LanguageFilter, count_of_related
from digest.archive.admin.translations import (
    TranslationAdmin,
    TranslationFormSet,
    TranslationInline,
    TranslationPageForm,
)
from digest.archive.changes import record_changes
from digest.archive.models import ItemTopic, Topic, TopicAlias, TopicTranslation
from digest.common.confirmation import confirmation_page, is_confirmed
from digest.common.slugs import make_slug


class TopicForm(ContentForm):
    """Checks that the slug is not a former address of another topic, and that no topic is broader than itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _(
                "Leave empty to create it from the name. Former addresses redirect here."
            )

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"] or self.instance.slug
        slug = slug or make_slug(Topic, self.cleaned_data.get("name", ""), "topic")
        alias = TopicAlias.objects.filter(slug=slug).exclude(topic=self.instance.pk).select_related("topic").first()
        if alias:
            raise ValidationError(_("This is a former address of “%(topic)s”."), params={"topic": alias.topic})
        return str(slug)

    def clean_broader(self) -> Any:
        broader = self.cleaned_data["broader"]
        if self.instance.pk:
            self.instance.check_broader(list(broader))
        return broader

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        uri, match = self.cleaned_data.get("agrovoc_uri"), self.cleaned_data.get("agrovoc_match")
        if uri is not None and bool(uri) != bool(match):
            self.add_error("agrovoc_match", _("Enter both the address and the match type, or neither."))
        return cleaned


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(Topic.objects.none(), label=_("Merge into"))

    def __init__(self, *args: Any, merged: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rest = Topic.objects.exclude(pk__in=merged.values("pk")).prefetch_related("translations")
        self.fields["into"].queryset = rest  # type: ignore[attr-defined]


class TopicLabelFormSet(TranslationFormSet):
    required_field = "label"


class TopicLabelInline(TranslationInline):
    model = TopicTranslation
    formset = TopicLabelFormSet
    show_change_link = True


class TopicAliasInline(admin.TabularInline):  # type: ignore[type-arg]
    """Former addresses of the topic, from renaming and merging."""

    model = TopicAlias
    formset = ContentFormSet
    extra = 0
    readonly_fields = ("slug",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Topic)
class TopicAdmin(TranslatedContentAdmin):
    form = TopicForm
    text_field = "label"
    fields = ("name", "slug", "facet", "broader", "narrower_topics", "agrovoc_uri", "agrovoc_match")
    readonly_fields = ("narrower_topics",)
    autocomplete_fields = ("broader",)
    inlines = (TopicLabelInline, TopicAliasInline)
    list_display = ("__str__", "slug", "facet", "item_count", "languages")
    list_filter = ("facet", LanguageFilter)
    search_fields = ("name", "slug", "translations__label", "translations__synonyms", "aliases__slug")
    ordering = ("slug",)
    actions = ("merge", "mark_up_to_date")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(item_total=count_of_related(ItemTopic.objects.all(), "tag"))  # type: ignore[no-any-return]

    @admin.display(description=_("items"), ordering="item_total")
    def item_count(self, obj: Any) -> int:
        return int(obj.item_total)

    @admin.display(description=_("narrower topics"))
    def narrower_topics(self, obj: Topic) -> str:
        return " · ".join(map(str, obj.narrower.prefetch_related("translations"))) if obj.pk else "—"

    @admin.action(description=_("Merge into another topic"), permissions=["delete"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
        form = MergeForm(request.POST if is_confirmed(request) else None, merged=queryset)
        if form.is_valid():
            self._merge(request, queryset, form.cleaned_data["into"])
            return None
        question = str(_("Merge these topics into another?"))
        note = str(
            _("Their items, narrower topics and names move to the other topic; their web addresses redirect to it.")
        )
        return confirmation_page(request, self, queryset, action="merge", question=question, notes=[note], form=form)

    def _merge(self, request: HttpRequest, queryset: QuerySet[Any], into: Topic) -> None:
        topics = list(queryset)
        with record_changes():
            self.log_deletions(request, queryset)
            authoring.merge_topics(topics, into)
            self.log_change(request, into, [{"changed": {"fields": ["merge"]}}])
        count = len(topics)
        text = ngettext("%(count)s topic merged into “%(into)s”.", "%(count)s topics merged into “%(into)s”.", count)
        messages.success(request, text % {"count": count, "into": into})


class TopicTranslationForm(TranslationPageForm):
    required_field = "label"


@admin.register(TopicTranslation)
class TopicTranslationAdmin(TranslationAdmin):
    form = TopicTranslationForm
