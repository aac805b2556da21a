"""Forms and formsets of issues, items and placements."""

import re
from typing import Any

from django import forms
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from digest.archive import authoring
from digest.archive.admin.forms import ContentForm, ContentFormSet
from digest.archive.models import Issue, Item, Placement, Section, Topic
from digest.common.dates import Precision

_DOI = re.compile(r"^10\.\d{4,9}/\S+$")  # recommended by Crossref
_DOI_PREFIX = re.compile(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)


class TopicsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Topics by their labels in the language of the editor."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label or obj.name)


class ItemForm(ContentForm):
    bidirectional_fields = ("authors",)
    topics = TopicsField(
        Topic.objects.exclude(facet=Topic.Facet.COLLECTION).prefetch_related("translations"),
        required=False,
        label=_("Topics"),
        widget=FilteredSelectMultiple(_("topics"), is_stacked=False),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "date_precision" in self.fields:
            note = _("If only the month or year is known, choose any day in it; readers see only the known part.")
            self.fields["date_precision"].help_text = note

    def clean_doi(self) -> str:
        doi = _DOI_PREFIX.sub("", self.cleaned_data["doi"].strip())
        if doi and not _DOI.match(doi):
            raise ValidationError(_("A DOI looks like 10.1000/abc.123."))
        same = Item.objects.filter(doi__iexact=doi).exclude(pk=self.instance.pk).first() if doi else None
        if same:
            raise ValidationError(_("“%(item)s” (%(pk)s) has this DOI."), params={"item": same, "pk": same.pk})
        return str(doi)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        data = self.cleaned_data
        start, end = data.get("date"), data.get("date_end")
        for name, day in (("date", start), ("date_end", end)):
            if day:  # unknown days and months are stored as the first: see Precision
                data[name] = _first_day(day, data.get("date_precision"))
        if end and not start and "date" not in self.errors:
            self.add_error("date", _("An end date needs a start date."))
        if start and end and end < start:
            self.add_error("date_end", _("The end date is before the start date."))
        if data.get("attendance") and data.get("kind") != Section.EVENT:
            self.add_error("attendance", _("Only events have an attendance type."))
        return cleaned


def _first_day(day: Any, precision: str | None) -> Any:
    if precision == Precision.YEAR:
        return day.replace(month=1, day=1)
    return day.replace(day=1) if precision == Precision.MONTH else day


class PlacementForm(ContentForm):
    """A placement; without a position it is saved as the last (see `authoring.save_placements`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "position" in self.fields:
            self.fields["position"].required = False
            if not self.instance.pk:
                self.initial.setdefault("position", None)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        data = self.cleaned_data
        if data.get("focus") and data.get("role") not in (None, Placement.Role.NEW):
            self.add_error("focus", _("Only new items can be in focus."))
        item = data.get("item", self.instance.item_id)
        if item and self.has_changed() and data.get("role") not in (None, Placement.Role.LOOK_BACK):
            self.check_home(item)
        return cleaned

    def check_home(self, item: Any) -> None:
        """An item can be new in one issue only."""
        homes = Placement.objects.filter(item=item).exclude(role=Placement.Role.LOOK_BACK).exclude(pk=self.instance.pk)
        if home := homes.select_related("issue").first():
            message = _("This item is already new in issue %(issue)s; here it can only be a look-back.")
            self.add_error("role", ValidationError(message, params={"issue": home.issue}))


class PlacementFormSet(ContentFormSet):
    """Placements, saved together, so that positions are given in order and the home of an item can change."""

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=False)
        if commit and (saved or self.deleted_objects):
            authoring.save_placements(saved, self.deleted_objects)
        return saved


class ItemPlacementForm(PlacementForm):
    """A placement in the form of its item, where the home can be changed to another issue."""

    def check_home(self, item: Any) -> None:
        """Checked in the formset, which has all placements of the item."""

    def _get_validation_exclusions(self) -> set[str]:
        # Otherwise the model compares this row with the other rows as they are in the database.
        return super()._get_validation_exclusions() | {"role"}  # type: ignore[misc, no-any-return]


class ItemPlacementFormSet(PlacementFormSet):
    """All placements of an item."""

    def clean(self) -> None:
        super().clean()
        if not any(form.has_changed() for form in self.forms):
            return
        homes = [
            f for f in self.remaining_forms() if f.is_valid() and f.cleaned_data["role"] != Placement.Role.LOOK_BACK
        ]
        known = [form.instance.pk for form in self.initial_forms]
        others = Placement.objects.filter(item=self.instance.pk).exclude(role=Placement.Role.LOOK_BACK)
        if self.instance.pk and homes and others.exclude(pk__in=known).exists():
            raise ValidationError(_("Someone else has just placed this item. Please check again."))
        for form in homes[1:]:
            form.add_error("role", _("An item can be new in only one issue; in other issues it is a look-back."))


class ReferenceFormSet(ContentFormSet):
    """The references of a paper, saved together, so that numbers can be exchanged."""

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=False)
        if commit and (saved or self.deleted_objects):
            authoring.save_references(self.instance, saved, self.deleted_objects)
        return saved


class IssueForm(ContentForm):
    bidirectional_fields = ("remainder",)

    class Meta:
        model = Issue
        fields = ("number", "date", "record", "remainder")
