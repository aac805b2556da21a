"""Admin forms, with the same checks as the public forms."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from digest.common.sections import Section
from digest.subscriptions import subscribing
from digest.subscriptions.addresses import EmailAddress
from digest.subscriptions.forms import AddressField
from digest.subscriptions.models import Subscriber
from digest.subscriptions.preferences import (
    Preferences,
    join_sections,
    join_topics,
    split_sections,
    split_topics,
    topic_groups,
    topic_ids,
)


class SubscriberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A subscriber's preferences. All other fields are changed by admin actions only."""

    sections = forms.MultipleChoiceField(
        label=_("Sections"), choices=Section.choices, widget=forms.CheckboxSelectMultiple
    )
    topics = forms.TypedMultipleChoiceField(
        label=_("Topics"), coerce=int, required=False, help_text=_("Leave empty to send everything.")
    )

    class Meta:
        model = Subscriber
        fields = ("language", "rhythm", "paused_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = topic_groups()
        cast(Any, self.fields["topics"]).choices = self.groups
        self.initial["sections"] = split_sections(self.instance.sections)
        self.initial["topics"] = split_topics(self.instance.topics)

    def preferences(self) -> Preferences:
        data = self.cleaned_data
        return Preferences(
            data["language"],
            join_sections(data["sections"]),
            join_topics(data["topics"], topic_ids(self.groups)),
            data["rhythm"],
        )

    def _post_clean(self) -> None:
        """Leave the instance unchanged: `change_preferences()` compares it with the submitted values."""


class NewSubscriberForm(SubscriberForm):
    address = AddressField(
        label=_("Email address"),
        help_text=_("A confirmation email is sent first. Nothing else is sent until the address is confirmed."),
    )

    field_order = ("address",)

    def clean_address(self) -> EmailAddress:
        address: EmailAddress = self.cleaned_data["address"]
        known = Subscriber.objects.filter(address_key=address.key).first()
        if known:
            message = _("This address is already on the list: %(state)s.")
            raise ValidationError(message, params={"state": known.get_state_display()})
        if subscribing.is_suppressed(address) or not address.is_accepted:
            raise ValidationError(_("We do not send email to this address. Only its owner can subscribe."))
        return address


class ImportForm(forms.Form):
    MAX_BYTES = 2 * 2**20  # about 20,000 rows: as many as can be imported within one request

    file = forms.FileField(label=_("CSV file"), help_text=_("For longer files, use the import_subscribers command."))
    dry_run = forms.BooleanField(label=_("Preview only: save nothing"), required=False, initial=True)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > self.MAX_BYTES:
            raise ValidationError(_("This file is too long to upload here. Use the import_subscribers command."))
        return file
