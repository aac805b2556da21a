"""The admin of rows that the public sees: whatever an editor saves or deletes goes through `archive.authoring`."""

import logging
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import NestedObjects, unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, router
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from simple_history.admin import SimpleHistoryAdmin

from digest.archive import authoring
from digest.archive.admin.autocomplete import LookUpMixin, is_key
from digest.archive.admin.edit_conflicts import FIELD, Part, Version, objection, version_of
from digest.archive.admin.forms import WIDE, CleanForm
from digest.archive.admin.history import log_entries, part_records
from digest.archive.changes import Change, record_changes
from digest.archive.models import ItemTopic, SourceName, Translated

_UNTOLD = (ItemTopic, SourceName)  # rows that no editor knows of
logger = logging.getLogger(__name__)


class RecordingAdmin(LookUpMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Saves and deletes through `archive.authoring`, each form in one transaction with one announced change."""

    form = CleanForm
    list_per_page = 50
    show_full_result_count = False
    save_on_top = True
    formfield_overrides = WIDE

    def settle(self, request: HttpRequest, form: Any, formsets: list[Any]) -> None:
        """What else a save sets off. Runs when everything is saved."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only the fields that were changed. (An old revision brought back has no version: all of it is saved.)"""
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
            prefetch_related_objects([row], "translations")  # what is said of the row next names it, several times
        self.settle(request, form, formsets)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._delete(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        self._delete(request, list(queryset))

    def _delete(self, request: HttpRequest, rows: list[Any]) -> None:
        with record_changes() as change:
            authoring.delete(rows)
        tell_withdrawn(request, change)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is chosen by name, and what goes with it by number; Django's own page would list each row of it."""
        collector = NestedObjects(using=router.db_for_write(self.model))
        collector.collect(list(objs))
        counts, forbidden = {}, set()
        going: dict[Any, Any] = collector.model_objs
        for model, rows in going.items():
            if not model._meta.auto_created and model not in _UNTOLD:
                counts[model._meta.verbose_name_plural] = len(rows)
            admin_of = self.admin_site._registry.get(model)
            if admin_of and not admin_of.has_delete_permission(request):
                forbidden.add(model._meta.verbose_name)
        return [str(row) for row in objs], counts, forbidden, [str(row) for row in collector.protected]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form for this request, which knows whether others have changed the row since it was opened."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if not change or obj is None:
            return form
        parts = [Part(i.get_queryset(request), f.fk.name) for f, i in self.get_formsets_with_inlines(request, obj)]
        form.version = version_of(obj, parts)
        if opened := Version.read(request.POST.get(FIELD, "")):
            form.objection = objection(obj, parts, opened, form.version)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        for last_try in (False, True):
            try:
                with record_changes() as change:  # others wait from before the form looks at the row until it is saved
                    response = super().changeform_view(request, *args, **kwargs)
                tell_withdrawn(request, change)
                return response
            except IntegrityError:
                # Somebody else took a number or a language after the form had found it free: nothing is saved, and
                # looking again finds it taken and says so, with all that was typed still in the form.
                logger.info("saving anew", exc_info=not last_try)
        logger.error("a form let pass what the database refuses: %s", request.path)
        messages.error(request, _("Nothing was saved: these changes contradict one another or another row."))
        return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if request.FILES and context["errors"]:
            message = _("Please choose the file again: a browser keeps what was typed, but no chosen file.")
            messages.warning(request, message)
        return super().render_change_form(request, context, *args, **kwargs)


class RevisedAdmin(RecordingAdmin, SimpleHistoryAdmin):  # type: ignore[misc]
    """Likewise, for rows whose revisions are kept and can be brought back."""

    object_history_list_template = "admin/history_list.html"

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """With what was done to the row's parts: an item's texts are rows of their own."""
        pk = unquote(object_id)
        if not is_key(pk):
            raise Http404
        context = {"parts": part_records(self.model, pk), "log": log_entries(self.model, pk)}
        return super().history_view(request, object_id, context | (extra_context or {}))

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> Any:
        """A revision's page; sent back, it is brought back. (By itself simple_history asks for the right to view.)"""
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        if not (is_key(object_id) and is_key(version_id)):
            raise Http404
        if request.method != "POST":
            return super().history_form_view(request, object_id, version_id, extra_context)
        with record_changes():
            return super().history_form_view(request, object_id, version_id, extra_context)


def tell_withdrawn(request: HttpRequest, change: Change) -> None:
    """Say that items went from the public pages with their last published issue."""
    if count := len(change.withdrawn):
        text = ngettext(
            "%(count)s item is in no published issue any more and was withdrawn.",
            "%(count)s items are in no published issue any more and were withdrawn.",
            count,
        )
        messages.warning(request, text % {"count": count})


def disable(form: forms.BaseForm, *names: str) -> None:
    """Show these fields without letting them change; unlike read-only ones they still count in the form's checks."""
    for name in names:
        if name in form.fields:
            form.fields[name].disabled = True
