"""What every form of the admin refuses: characters that cannot be stored, shown, or seen for what they are."""

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
from digest.archive.admin.edit_conflicts import Version

# NUL is Django's own to refuse. C0 and C1 are errors in HTML; the line's own are for texts of several lines.
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_CONTROLS = re.compile("[\t\n\r\u2028\u2029]")
# They turn the text after them round: a title could show another than it holds (CVE-2021-42574).
_DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def refuse_controls(text: str) -> None:
    """A form field's validator."""
    if found := _CONTROLS.search(text):
        raise ValidationError(_("This text holds a control character (%(code)s)."), params={"code": _code(found)})


def refuse_line_controls(text: str) -> None:
    """A validator for fields of one line."""
    if found := _LINE_CONTROLS.search(text):
        raise ValidationError(_("Write this on one line, without tabs (%(code)s)."), params={"code": _code(found)})


def refuse_direction_marks(text: str) -> None:
    """A validator for titles and names."""
    if found := _DIRECTION_MARKS.search(text):
        message = _("This text holds an invisible mark (%(code)s) that turns the writing direction.")
        raise ValidationError(message, params={"code": _code(found)})


def _code(found: re.Match[str]) -> str:
    return f"U+{ord(found.group()):04X}"


class LongText(AdminTextareaWidget):
    """A text area that gives back line ends as they are stored: browsers send CRLF (HTML, 4.10.22.4)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


# Titles are long, and so are addresses.
WIDE: dict[Any, dict[str, Any]] = {
    models.CharField: {"widget": forms.TextInput(attrs={"class": "wide-text"})},
    models.TextField: {"widget": LongText},
    models.URLField: {"widget": forms.URLInput(attrs={"class": "wide-text"}), "assume_scheme": "https"},
}


class _RowField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The key of a row, looked up among those that the formset has read: Django asks the database for each."""

    def __init__(self, rows: Any, plain: Any) -> None:
        super().__init__(rows, initial=plain.initial, required=False, widget=plain.widget)
        self.rows = {str(row.pk): row for row in rows}

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if str(value) not in self.rows:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return self.rows[str(value)]


class LiveFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """A formset that knows which of its rows will be there when all is saved, and what others have taken meanwhile."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        name = self._pk_field.name  # type: ignore[attr-defined]
        if name in form.fields and index is not None and index < self.initial_form_count():
            form.fields[name] = _RowField(self.get_queryset(), form.fields[name])

    def live_forms(self) -> list[Any]:
        going = self._should_delete_form  # type: ignore[attr-defined]
        return [form for form in self.forms if (form.instance.pk or form.has_changed()) and not going(form)]

    def clean(self) -> None:
        """Django compares the rows of a formset with one another, but not with rows it does not show."""
        super().clean()
        for form in (form for form in self.live_forms() if form.has_changed()):
            for fields in self._unique_with_owner() if form.is_valid() and self.instance.pk else ():
                taken = {name: getattr(form.instance, name) for name in fields} | {self.fk.name: self.instance}
                shown = [each.instance.pk for each in self.initial_forms]
                if self.model.objects.filter(**taken).exclude(pk__in=shown).exists():  # type: ignore[union-attr]
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

    def _unique_with_owner(self) -> Iterator[tuple[str, ...]]:
        for rule in self.model._meta.constraints:  # type: ignore[union-attr]
            if isinstance(rule, UniqueConstraint) and not rule.condition and self.fk.name in rule.fields:
                yield tuple(rule.fields)


class CleanForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose texts are free of what no text should hold. `long_texts` names running text: it may be Arabic."""

    long_texts: tuple[str, ...] = ()
    version: Version | None = None  # of its row now; the page hands it back with the form
    objection = ""  # to saving it, because of what others did meanwhile

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.CharField):
                field.validators.append(refuse_controls)
                if not isinstance(field.widget, forms.Textarea):
                    field.validators.append(refuse_line_controls)
                if name not in self.long_texts:
                    field.validators.append(refuse_direction_marks)

    def _post_clean(self) -> None:
        """Nothing is asked of the database about a row that was sent back as it was."""
        if self.instance._state.adding or self.has_changed():
            super()._post_clean()  # type: ignore[misc]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.objection:
            self.add_error(None, self.objection)
        return cleaned
