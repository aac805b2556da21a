"""Public forms."""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from digest.common import languages
from digest.common.sections import Section
from digest.subscriptions import form_tokens
from digest.subscriptions.addresses import MAX_TYPED_LENGTH, EmailAddress, canonical
from digest.subscriptions.form_tokens import TokenStatus
from digest.subscriptions.models import Subscriber
from digest.subscriptions.preferences import (
    Preferences,
    TopicGroups,
    fingerprint,
    join_sections,
    join_topics,
    split_sections,
    split_topics,
    topic_groups,
    topic_ids,
)

MAX_PAUSE = dt.timedelta(days=366)
_ODD = _("We could not process this form. Please check it and try again.")
_OLD = _("This page was open for too long. Press the button again.")
_USED = _("This form has already been sent. Check your inbox, or press the button again to resend it.")


class AddressField(forms.CharField):
    """Cleans to a canonical `EmailAddress`, with the errors of `addresses.canonical`."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"type": "email", "autocomplete": "email", "inputmode": "email", "spellcheck": "false"}
        widget = forms.TextInput(attrs={**attributes, "autocapitalize": "none", "maxlength": MAX_TYPED_LENGTH})
        super().__init__(strip=False, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        return canonical(value or "")


class StrictForm(forms.Form):
    """Refuses unknown fields and repeated single-valued fields, which no page of this site sends."""

    many: ClassVar[tuple[str, ...]] = ()

    def clean(self) -> dict[str, Any]:
        data: Any = self.data  # a QueryDict
        unknown = set(data) - set(self.fields)
        repeated = [name for name in data if name not in self.many and len(data.getlist(name)) > 1]
        if unknown or repeated:
            raise ValidationError(_ODD)
        return self.cleaned_data


class BasePreferencesForm(StrictForm):
    """Language, sections, topics and rhythm. `groups` are the available topics."""

    many = ("sections", "topics")

    language = forms.ChoiceField(label=_("Email language"), choices=Subscriber.MAIL_LANGUAGES)
    sections = forms.MultipleChoiceField(
        label=_("Sections"),
        choices=Section.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one section.")},
    )
    topics = forms.TypedMultipleChoiceField(
        label=_("Topics"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    rhythm = forms.ChoiceField(label=_("How often"), choices=Subscriber.Rhythm.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups: TopicGroups = topic_groups()
        self.fields["topics"].choices = [choice for _facet, topics in self.groups for choice in topics]  # type: ignore[attr-defined]
        for name in ("language", "rhythm"):
            # The short form on other pages does not send them; the initial values apply.
            self.fields[name].required = False

    def value_of(self, name: str) -> Any:
        """The value to show: the submitted one, or else the initial one."""
        value = self[name].value()
        return [str(one) for one in value or []] if name in self.many else value

    @property
    def topic_fields(self) -> list[tuple[str, list[tuple[int, str, bool]], int]]:
        """By facet: its label, its topics as (id, label, whether chosen), and how many are chosen."""
        chosen = set(self.value_of("topics"))
        facets = []
        for facet, topics in self.groups:
            rows = [(number, label, str(number) in chosen) for number, label in topics]
            facets.append((facet, rows, sum(is_chosen for _number, _label, is_chosen in rows)))
        return facets

    @property
    def section_fields(self) -> list[tuple[str, str, bool]]:
        chosen = self.value_of("sections")
        return [(name, str(label), name in chosen) for name, label in Section.choices]

    def preferences(self) -> Preferences:
        """The preferences as stored. Only for a valid form."""
        data = self.cleaned_data
        return Preferences(
            data["language"] or self.initial["language"],
            join_sections(data["sections"]),
            join_topics(data["topics"], topic_ids(self.groups)),
            data["rhythm"] or Subscriber.Rhythm.EVERY_ISSUE,
        )


class TokenForm(StrictForm):
    """A public form with spam protection: a form token, and a honeypot field that only programs fill in."""

    form_token = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    # The honeypot: people do not see it, but programs fill in what looks like a website.
    website = forms.CharField(required=False, max_length=2000)

    token_status = TokenStatus.OLD

    def clean_form_token(self) -> str:
        token = str(self.cleaned_data["form_token"])
        self.token_status = form_tokens.validate(token)
        if self.token_status == TokenStatus.OLD:
            raise ValidationError(_OLD)
        return token

    def consume(self) -> bool:
        """Use up the token of an otherwise valid form. Returns False and adds an error if it was used before."""
        self.token_status = form_tokens.consume(self.cleaned_data["form_token"])
        if self.token_status in (TokenStatus.USED, TokenStatus.OLD):
            self.add_error("form_token", _USED if self.token_status == TokenStatus.USED else _OLD)
            return False
        return True

    @property
    def is_human(self) -> bool:
        return self.token_status == TokenStatus.GOOD and not self.cleaned_data.get("website")

    @property
    def next_token(self) -> str:
        """The token for the page that shows this form; valid at once if something is already filled in."""
        return form_tokens.make(after_typing=self.is_bound or bool(self.initial.get("address")))


class SubscribeForm(TokenForm, BasePreferencesForm):
    address = AddressField(label=_("Your email address"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        first = {
            "language": languages.current().code,
            "sections": list(Section.values),
            "rhythm": Subscriber.Rhythm.EVERY_ISSUE,
        }
        kwargs["initial"] = {**first, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)


class ShortForm(StrictForm):
    """The form on other, cached pages: it only leads to the subscribe page."""

    address = AddressField()
    step = forms.CharField(max_length=10)
    language = forms.ChoiceField(choices=Subscriber.MAIL_LANGUAGES, required=False)


class LinkForm(TokenForm):
    address = AddressField(label=_("Your email address"))


class PreferencesForm(BasePreferencesForm):
    do = forms.CharField(required=False)
    # The fingerprint of the preferences that the page was rendered with.
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    paused_until = forms.DateField(
        label=_("Pause until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={"invalid": _("Enter the date as year-month-day, for example 2027-03-31.")},
    )

    @classmethod
    def of(cls, subscriber: Subscriber, data: Any = None) -> "PreferencesForm":
        initial = {
            "language": subscriber.language,
            "sections": split_sections(subscriber.sections),
            "topics": split_topics(subscriber.topics),
            "rhythm": subscriber.rhythm,
            "paused_until": subscriber.paused_until,
            "seen": fingerprint(subscriber),
        }
        return cls(data, initial=initial)

    def clean_paused_until(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["paused_until"]
        today = timezone.localdate()
        if day is None or day == self.initial["paused_until"]:
            return day
        if not today < day <= today + MAX_PAUSE:
            raise ValidationError(_("Choose a date from tomorrow up to one year from now."))
        return day


class NewAddressForm(StrictForm):
    do = forms.CharField(required=False)
    address = AddressField(label=_("New email address"))


class SectionForm(StrictForm):
    do = forms.CharField(required=False)
    section = forms.ChoiceField(choices=Section.choices)


def cleaned_address(form: forms.Form) -> EmailAddress:
    """The address of a valid form."""
    address: EmailAddress = form.cleaned_data["address"]
    return address
