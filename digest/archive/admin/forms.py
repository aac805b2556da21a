"""Base classes of the admin's forms and formsets, and validators against control characters in texts."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from digest.archive import authoring
from digest.archive.admin.edit_conflicts import FormVersion

# Django itself rejects NUL. C0 and C1 controls are errors in HTML; tabs and line breaks are allowed in text areas.
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_CONTROLS = re.compile("[\t\n\r\u2028\u2029]")
# They change the direction of the text after them, so a title could display as another one (CVE-2021-42574).
_DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def validate_no_control_characters(text: str) -> None:
    """A validator for all text fields."""
    if found := _CONTROLS.search(text):
        raise ValidationError(_("This text contains a control character (%(code)s)."), params={"code": _code(found)})


def validate_single_line(text: str) -> None:
    """A validator for single-line fields."""
    if found := _LINE_CONTROLS.search(text):
        raise ValidationError(_("Enter this on one line, without tabs (%(code)s)."), params={"code": _code(found)})


def validate_no_direction_marks(text: str) -> None:
    """A validator for titles and names."""
    if found := _DIRECTION_MARKS.search(text):
        message = _("This text contains an invisible character (%(code)s) that changes the writing direction.")
        raise ValidationError(message, params={"code": _code(found)})


def _code(found: re.Match[str]) -> str:
    return f"U+{ord(found.group()):04X}"


class NormalizedNewlinesTextarea(AdminTextareaWidget):
    """A text area whose value has LF line ends, as stored; browsers send CRLF (HTML, 4.10.22.4)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


# Widgets wide enough for titles and addresses.
WIDE_WIDGETS: dict[Any, dict[str, Any]] = {
    models.CharField: {"widget": forms.TextInput(attrs={"class": "wide-text"})},
    models.TextField: {"widget": NormalizedNewlinesTextarea},
    models.URLField: {"widget": forms.URLInput(attrs={"class": "wide-text"}), "assume_scheme": "https"},
}


class _KnownRowField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The primary key of a row, looked up among the rows of the formset; Django would query each of them."""

    def __init__(self, rows: Any, replaced: Any) -> None:
        super().__init__(rows, initial=replaced.initial, required=False, widget=replaced.widget)
        self.rows = {str(row.pk): row for row in rows}

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if str(value) not in self.rows:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return self.rows[str(value)]


class ContentFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """A formset that saves through `archive.authoring` and checks uniqueness against all rows of its parent."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        name = self._pk_field.name  # type: ignore[attr-defined]
        if name in form.fields and index is not None and index < self.initial_form_count():
            form.fields[name] = _KnownRowField(self.get_queryset(), form.fields[name])

    def remaining_forms(self) -> list[Any]:
        """The forms whose rows will exist after saving."""
        is_deleted = self._should_delete_form  # type: ignore[attr-defined]
        return [form for form in self.forms if (form.instance.pk or form.has_changed()) and not is_deleted(form)]

    def clean(self) -> None:
        """Also compare with rows of the parent that are not in the formset, which Django does not do."""
        super().clean()
        for form in (form for form in self.remaining_forms() if form.has_changed()):
            for fields in self._unique_together_with_parent() if form.is_valid() and self.instance.pk else ():
                unique_values = {name: getattr(form.instance, name) for name in fields} | {self.fk.name: self.instance}
                own_pks = [initial.instance.pk for initial in self.initial_forms]
                if self.model.objects.filter(**unique_values).exclude(pk__in=own_pks).exists():  # type: ignore[union-attr]
                    form.add_error(None, form.instance.unique_error_message(self.model, fields))

    def save_new(self, form: Any, commit: bool = True) -> Any:
        row = super().save_new(form, commit=False)
        if commit:
            authoring.save(row)
        return row

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        row = super().save_existing(form, obj, commit=False)
        if commit:
            authoring.save(row, [f.name for f in row._meta.concrete_fields if f.name in form.changed_data])
        return row

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        if commit:
            authoring.delete([obj])

    def _unique_together_with_parent(self) -> Iterator[tuple[str, ...]]:
        for constraint in self.model._meta.constraints:  # type: ignore[union-attr]
            if (
                isinstance(constraint, UniqueConstraint)
                and not constraint.condition
                and self.fk.name in constraint.fields
            ):
                yield tuple(constraint.fields)


class ContentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that rejects control characters in texts, and edit conflicts."""

    bidirectional_fields: tuple[str, ...] = ()  # running text, where direction marks are allowed: it may be Arabic
    version: FormVersion | None = None  # the current version of the row, sent back with the form
    conflict_message = ""  # if others have changed the row since the form was opened

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.CharField):
                field.validators.append(validate_no_control_characters)
                if not isinstance(field.widget, forms.Textarea):
                    field.validators.append(validate_single_line)
                if name not in self.bidirectional_fields:
                    field.validators.append(validate_no_direction_marks)

    def _post_clean(self) -> None:
        """Skip validation of unchanged rows, which would query the database."""
        if self.instance._state.adding or self.has_changed():
            super()._post_clean()  # type: ignore[misc]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.conflict_message:
            self.add_error(None, self.conflict_message)
        return cleaned
