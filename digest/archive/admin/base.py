"""The base classes of the admin, each derived from the one before.

ContentAdmin            saves and deletes through `archive.authoring`
VersionedContentAdmin   adds history and restoring of revisions
TranslatedContentAdmin  adds to lists in which languages a row is written
PublishableAdmin        adds publishing and withdrawing
"""

import logging
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import NestedObjects, unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, router
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from simple_history.admin import SimpleHistoryAdmin

from digest.archive import authoring
from digest.archive.admin.autocomplete import AutocompleteMixin, is_primary_key
from digest.archive.admin.edit_conflicts import VERSION_FIELD, FormVersion, InlineRows, conflict_message, form_version
from digest.archive.admin.forms import WIDE_WIDGETS, ContentForm
from digest.archive.admin.history import log_entries, related_revisions
from digest.archive.admin.translation_status import LANGUAGE_MARKS, outdated_texts, translation_model
from digest.archive.changes import Change, record_changes
from digest.archive.models import ItemTopic, SourceName, State, Translated

_INTERNAL_MODELS = (ItemTopic, SourceName)  # not listed among the rows that will be deleted
logger = logging.getLogger(__name__)


class ContentAdmin(AutocompleteMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Saves and deletes through `archive.authoring`, each form in one transaction with one Change."""

    form = ContentForm
    list_per_page = 50
    show_full_result_count = False
    save_on_top = True
    formfield_overrides = WIDE_WIDGETS

    def after_save(self, request: HttpRequest, form: Any, formsets: list[Any]) -> None:
        """A hook for subclasses; called when the row and its inlines are saved."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save only the changed fields; all fields of a restored revision, whose form has no version."""
        if form.version is None:
            authoring.save(obj)
        elif names := [f.name for f in obj._meta.concrete_fields if f.name in form.changed_data]:
            authoring.save(obj, names)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        row = form.instance
        names = [f.name for f in (*row._meta.many_to_many, *row._meta.private_fields) if f.name in form.changed_data]
        for name in names:
            authoring.set_relation(row, name, form.cleaned_data[name])
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)
        if isinstance(row, Translated):
            prefetch_related_objects([row], "translations")  # messages and the log contain its title several times
        self.after_save(request, form, formsets)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._delete(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        self._delete(request, list(queryset))

    def _delete(self, request: HttpRequest, rows: list[Any]) -> None:
        with record_changes() as change:
            authoring.delete(rows)
        warn_of_withdrawn_items(request, change)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List the selected rows, but only count the rows deleted with them; Django would list each of those."""
        collector = NestedObjects(using=router.db_for_write(self.model))
        collector.collect(list(objs))
        counts, forbidden = {}, set()
        deleted: dict[Any, Any] = collector.model_objs
        for model, rows in deleted.items():
            if not model._meta.auto_created and model not in _INTERNAL_MODELS:
                counts[model._meta.verbose_name_plural] = len(rows)
            model_admin = self.admin_site._registry.get(model)
            if model_admin and not model_admin.has_delete_permission(request):
                forbidden.add(model._meta.verbose_name)
        return [str(row) for row in objs], counts, forbidden, [str(row) for row in collector.protected]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form class for this request, which knows whether others have changed the row since it was opened."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if not change or obj is None:
            return form
        inlines = [
            InlineRows(inline.get_queryset(request), formset.fk.name)
            for formset, inline in self.get_formsets_with_inlines(request, obj)
        ]
        form.version = form_version(obj, inlines)
        if opened := FormVersion.parse(request.POST.get(VERSION_FIELD, "")):
            form.conflict_message = conflict_message(obj, inlines, opened, form.version)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        for is_last_try in (False, True):
            try:
                with record_changes() as change:  # locks out other writers before the form is checked
                    response = super().changeform_view(request, *args, **kwargs)
                warn_of_withdrawn_items(request, change)
                return response
            except IntegrityError:
                # Another transaction has used a number or language since the form was checked. Nothing is saved; the
                # second try finds the conflict when it checks the form, and shows it with everything that was typed.
                logger.info("Saving again after an IntegrityError", exc_info=not is_last_try)
        logger.error("The form of %s accepts values that the database rejects", request.path)
        messages.error(request, _("Not saved: these changes contradict one another or another record."))
        return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if request.FILES and context["errors"]:
            message = _("Choose the file again: browsers keep typed text but not selected files.")
            messages.warning(request, message)
        return super().render_change_form(request, context, *args, **kwargs)


class VersionedContentAdmin(ContentAdmin, SimpleHistoryAdmin):  # type: ignore[misc]
    """Also shows the history of a row and restores revisions."""

    object_history_list_template = "admin/history_list.html"

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Also lists the revisions of related rows, such as the texts of an item, and the admin's log."""
        pk = unquote(object_id)
        if not is_primary_key(pk):
            raise Http404
        context = {"related_revisions": related_revisions(self.model, pk), "log": log_entries(self.model, pk)}
        return super().history_view(request, object_id, context | (extra_context or {}))

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> Any:
        """Show a revision; POST restores it, which simple_history would allow with the view permission alone."""
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        if not (is_primary_key(object_id) and is_primary_key(version_id)):
            raise Http404
        if request.method != "POST":
            return super().history_form_view(request, object_id, version_id, extra_context)
        with record_changes():
            return super().history_form_view(request, object_id, version_id, extra_context)


class TranslatedContentAdmin(VersionedContentAdmin):
    """For models with translations: lists and autocomplete results take a fixed number of queries."""

    text_field = "title"  # the field that counts as having a text in a language

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Fetch the texts that a list shows; both lists and autocomplete call this method."""
        if "\0" in search_term:
            return queryset.none(), False
        found, duplicates = super().get_search_results(request, queryset, search_term)
        texts = translation_model(self.model).objects
        texts = texts.only("owner_id", "language", "origin", "translated_from", self.text_field)
        is_outdated = Exists(outdated_texts(self.model).filter(owner=OuterRef("pk")))
        return found.prefetch_related(Prefetch("translations", texts)).annotate(is_outdated=is_outdated), duplicates

    @admin.display(description=gettext_lazy("languages"))
    def languages(self, obj: Any) -> str:
        """For example `繁 英`, and whether one of the texts is out of date. Converted texts are not counted."""
        written = {t.language for t in obj.translations.all() if not t.is_converted and getattr(t, self.text_field)}
        marks = [mark for code, mark in LANGUAGE_MARKS.items() if code in written]
        return " ".join([*marks, *([_("(out of date)")] if obj.is_outdated else [])]) or "—"

    @admin.action(description=gettext_lazy("Mark translations as up to date"), permissions=["change"])
    def mark_up_to_date(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        owners = outdated_texts(self.model).filter(owner__in=queryset.values("pk")).values("owner")
        with record_changes():
            count = sum(authoring.mark_up_to_date(row) for row in self.model.objects.filter(pk__in=owners))
        text = ngettext("%(count)s text marked as up to date.", "%(count)s texts marked as up to date.", count)
        messages.success(request, text % {"count": count})


class PublishableAdmin(TranslatedContentAdmin):
    """For models with a state: `publish` and `withdraw` are actions of the list and buttons of the form."""

    confirmable_actions: tuple[str, ...] = ("publish", "withdraw")  # with a button and a confirmation page

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_confirm"
        view = self.admin_site.admin_view(self.confirm_view)
        return [path("<int:pk>/ask/<slug:action>/", view, name=name), *super().get_urls()]

    def confirm_view(self, request: HttpRequest, pk: int, action: str) -> Any:
        """The confirmation page of an action for one row; the buttons of the form link to it."""
        actions = self.get_actions(request)
        found = actions.get(action) if action in self.confirmable_actions else None
        if request.method != "GET" or found is None:
            raise Http404
        response = found[0](self, request, self.get_queryset(request).filter(pk=pk))
        return response or HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        )

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Only published rows have a page."""
        return obj.get_absolute_url() if obj and obj.is_published else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A restored revision keeps the time when the row was first published."""
        if form.version is None:
            rows = type(obj).objects.filter(pk=obj.pk)
            obj.published_at = rows.values_list("published_at", flat=True).first()
        super().save_model(request, obj, form, change)

    def log_state(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Log in the admin that these rows were published or withdrawn."""
        for row in rows:
            self.log_change(request, row, [{"changed": {"fields": ["published at"]}}])


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


def warn_of_withdrawn_items(request: HttpRequest, change: Change) -> None:
    """Show how many items were withdrawn because no published issue has them any more."""
    if count := len(change.withdrawn):
        text = ngettext(
            "%(count)s item is no longer in a published issue and was withdrawn.",
            "%(count)s items are no longer in a published issue and were withdrawn.",
            count,
        )
        messages.warning(request, text % {"count": count})


def disable_fields(form: forms.BaseForm, *names: str) -> None:
    """Make fields uneditable; unlike read-only fields, their values are still available in the form's validation."""
    for name in names:
        if name in form.fields:
            form.fields[name].disabled = True
