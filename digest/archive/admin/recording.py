"""The admin of rows that the public sees: whatever an editor saves or deletes is renewed and made known, once."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import NestedObjects, unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, router, transaction
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin

from digest.archive.admin.forms import WIDE, CleanForm
from digest.archive.admin.history import log_entries, part_records
from digest.archive.admin.lookups import LookUpMixin, is_key
from digest.archive.admin.versions import FIELD, Part, Version, objection, version_of, wait_for_others
from digest.archive.changes import record_change
from digest.archive.models import Block, Issue, Item, ItemTopic, SourceName

_UNTOLD = (Block, ItemTopic, SourceName)  # rows that no editor knows of
logger = logging.getLogger(__name__)
CHUNK = 500  # items fetched at a time


@dataclass
class Touched:
    """Ids of the items and issues whose public pages show what was changed."""

    items: set[int] = field(default_factory=set)
    issues: set[int] = field(default_factory=set)

    def add(self, other: "Touched") -> None:
        self.items |= other.items
        self.issues |= other.issues

    def record(self) -> None:
        """Renew what is derived from these rows and let the public see it. They are read anew: a form's are old."""
        record_change(_fetched(self.items), Issue.objects.filter(pk__in=self.issues))


def _fetched(ids: set[int]) -> Iterator[Item]:
    ordered = sorted(ids)
    parts = ("figures", "corrections", "placements")
    rows = Item.objects.prefetch_related("translations", *(f"{part}__translations" for part in parts))
    for start in range(0, len(ordered), CHUNK):
        yield from rows.filter(pk__in=ordered[start : start + CHUNK])


class RecordingAdmin(LookUpMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Calls `record_change` once in the transaction of a save or a deletion. A subclass says what a row touches."""

    form = CleanForm
    list_per_page = 50
    show_full_result_count = False
    save_on_top = True
    formfield_overrides = WIDE

    def touched(self, obj: Any) -> Touched:
        """What shows this row now."""
        return Touched()

    def renew(self, obj: Any) -> None:
        """Bring in line what is derived from this row and is not `record_change`'s to derive."""

    def settle(self, request: HttpRequest, form: Any, formsets: list[Any]) -> Touched:
        """What else a save sets off, and what it touches beside `touched`. Runs when everything is saved."""
        return Touched()

    def before_delete(self, rows: list[Any]) -> None:
        """What must be done first, while the rows are still there."""

    def after_delete(self, request: HttpRequest, rows: list[Any]) -> None:
        """What follows from it; the rows are as they were."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A form that was sent back as it was leaves no revision. (An old revision brought back has no version.)"""
        if form.version is None or form.has_changed():
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        touched = self.settle(request, form, formsets)
        if not change or form.has_changed() or any(formset.has_changed() for formset in formsets):
            self.renew(form.instance)
            touched.add(self.touched(form.instance))
            touched.record()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._delete(request, [obj], lambda: super(RecordingAdmin, self).delete_model(request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        rows = list(queryset)
        self._delete(request, rows, lambda: super(RecordingAdmin, self).delete_queryset(request, queryset))

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

    @transaction.atomic
    def _delete(self, request: HttpRequest, rows: list[Any], delete: Callable[[], None]) -> None:
        touched = Touched()
        for row in rows:
            touched.add(self.touched(row))
        self.before_delete(rows)
        delete()
        self.after_delete(request, rows)
        touched.record()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form for this request, which knows whether others have changed the row since it was opened."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if not change or obj is None:
            return form
        if request.method == "POST":
            wait_for_others()
        parts = [Part(i.get_queryset(request), f.fk.name) for f, i in self.get_formsets_with_inlines(request, obj)]
        form.version = version_of(obj, parts)
        if opened := Version.read(request.POST.get(FIELD, "")):
            form.objection = objection(obj, parts, opened, form.version)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # Somebody else took a number or a language after the form had found it free: nothing is saved, and
            # looking again finds it taken and says so, with all that was typed still in the form.
            logger.info("saving anew", exc_info=True)
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            logger.exception("a form let pass what the database refuses")
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

    @transaction.atomic
    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> Any:
        """A revision's page; sent back, it is brought back. (By itself simple_history asks for the right to view.)"""
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        if not (is_key(object_id) and is_key(version_id)):
            raise Http404
        response = super().history_form_view(request, object_id, version_id, extra_context)
        if isinstance(response, HttpResponseRedirect):
            obj = self.model._default_manager.get(pk=object_id)
            self.renew(obj)
            self.touched(obj).record()
        return response


def changed_rows(formsets: Iterable[Any], model: type[models.Model]) -> Iterator[Any]:
    """The rows of this model that the formsets have added, changed or deleted."""
    for formset in formsets:
        if formset.model is model:
            yield from formset.new_objects
            yield from (row for row, _fields in formset.changed_objects)
            yield from formset.deleted_objects


def disable(form: forms.BaseForm, *names: str) -> None:
    """Show these fields without letting them change; unlike read-only ones they still count in the form's checks."""
    for name in names:
        if name in form.fields:
            form.fields[name].disabled = True
