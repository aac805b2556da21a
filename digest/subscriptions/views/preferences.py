"""The preferences page, and the pages to change the address, export and erase personal data."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from digest.subscriptions import preference_changes, subscribing, tokens, unsubscribing
from digest.subscriptions.addresses import EmailAddress
from digest.subscriptions.forms import NewAddressForm, PreferencesForm, SectionForm, StrictForm, cleaned_address
from digest.subscriptions.http import consent_source, constant_time, get_subscriber, render_page, token_page
from digest.subscriptions.models import Subscriber
from digest.subscriptions.personal_data import as_json
from digest.subscriptions.tokens import Purpose

State = Subscriber.State
SOURCE = "preferences"


@token_page("GET", "HEAD", "POST")
def preferences(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """All preferences on one page. The field `do` tells which button was pressed."""
    subscriber = get_subscriber(Purpose.PREFERENCES, token)
    if request.method != "POST":
        return _render(request, subscriber, token)
    action = _ACTIONS.get(request.POST.get("do", ""))
    if action is None:
        return _render(request, subscriber, token, status=400, invalid_form=StrictForm(request.POST))
    return action(request, subscriber, token)


def _save(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    form = PreferencesForm.of(subscriber, request.POST)
    if not form.is_valid():
        return _render(request, subscriber, token, status=400, form=form)
    data = form.cleaned_data
    try:
        preference_changes.change_preferences(
            subscriber, form.preferences(), data["paused_until"], consent_source(request, SOURCE), seen=data["seen"]
        )
    except preference_changes.StalePreferences:
        warning = _(
            "Not saved: your preferences were changed on another page after you opened this one. Your "
            "current preferences are shown here; please change them here."
        )
        return _render(request, subscriber, token, status=409, warning=warning)
    return _render(request, subscriber, token, message=_("Your preferences have been saved."))


def _unsubscribe_section(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    form = SectionForm(request.POST)
    if not form.is_valid():
        return _render(request, subscriber, token, status=400, invalid_form=form)
    preference_changes.unsubscribe_section(subscriber, form.cleaned_data["section"], consent_source(request, SOURCE))
    return _render(request, subscriber, token, message=_("You will no longer receive this section."))


def _request_address_change(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    form = NewAddressForm(request.POST)
    if not form.is_valid():
        return _render(request, subscriber, token, status=400, address_form=form)
    with constant_time():
        preference_changes.request_address_change(subscriber, cleaned_address(form), consent_source(request, SOURCE))
    message = _(
        "If we can write to the new address, a confirmation email is on its way. Follow its link and "
        "press the button to receive the digest there."
    )
    return _render(request, subscriber, token, message=message)


def _unsubscribe(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    unsubscribing.unsubscribe(subscriber, consent_source(request, SOURCE))
    return _render(request, subscriber, token)


def _resubscribe(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    if subscribing.resubscribe(subscriber, consent_source(request, SOURCE)):
        message = _("We are sending you an email. Follow its link and press the button to receive the digest again.")
    else:
        message = _(
            "We have sent several emails to this address recently, so we are not sending another now. "
            "Please look for one of them in your inbox, or try again tomorrow."
        )
    return _render(request, subscriber, token, message=message)


_ACTIONS: dict[str, Callable[[HttpRequest, Subscriber, str], HttpResponse]] = {
    "save": _save,
    "leave-section": _unsubscribe_section,
    "move": _request_address_change,
    "leave": _unsubscribe,
    "come-back": _resubscribe,
}


def _render(
    request: HttpRequest, subscriber: Subscriber, token: str, status: int = 200, **context: Any
) -> HttpResponse:
    subscriber.refresh_from_db()
    if subscriber.state in (State.ACTIVE, State.PENDING):
        context.setdefault("form", PreferencesForm.of(subscriber))
        context.setdefault("address_form", NewAddressForm())
    return render_page(request, "preferences", status, subscriber=subscriber, token=token, **context)


@token_page("GET", "HEAD")
def export(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Download all data stored about the subscriber."""
    text = as_json(get_subscriber(Purpose.PREFERENCES, token))
    disposition = 'attachment; filename="snz-digest-subscription.json"'
    return HttpResponse(text, content_type="application/json", headers={"Content-Disposition": disposition})


@token_page("GET", "HEAD", "POST")
def erase(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Ask for confirmation, then erase everything. This page's own link stops working too."""
    subscriber = get_subscriber(Purpose.PREFERENCES, token)
    if request.method != "POST":
        return render_page(request, "erase", subscriber=subscriber, token=token)
    unsubscribing.erase(subscriber, consent_source(request, SOURCE))
    return render_page(request, "erased")


@token_page("GET", "HEAD", "POST")
def new_address(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Two buttons for the owner of the new mailbox: confirm the change, or block the address."""
    subscriber = get_subscriber(Purpose.NEW_ADDRESS, token)
    source = consent_source(request, "new-address-page")
    if request.method == "POST" and request.POST.get("do") == "not-me":
        if subscriber.new_address:
            unsubscribing.block_new_address(subscriber, EmailAddress.stored(subscriber.new_address), source)
        return render_page(request, "not_me", is_done=True)
    is_taken = request.method == "POST" and request.POST.get("do") == "take"
    if is_taken and (moved := preference_changes.confirm_address_change(subscriber, source)):
        return render_page(request, "address_changed", preferences=tokens.make(Purpose.PREFERENCES, moved))
    is_open = subscriber.state == State.ACTIVE and bool(subscriber.new_address) and tokens.is_fresh(subscriber)
    return render_page(request, "confirm_address", is_open=is_open and not is_taken, subscriber=subscriber)
