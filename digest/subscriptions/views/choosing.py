"""The preferences, all in one page; change of address, export and erasure beside it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from digest.subscriptions import choosing, joining, leaving, tokens
from digest.subscriptions.addresses import Address
from digest.subscriptions.forms import NewAddressForm, PreferencesForm, SectionForm, StrictForm, cleaned_address
from digest.subscriptions.http import evenly, page, show, subscriber_of, way_of
from digest.subscriptions.models import Subscriber
from digest.subscriptions.personal_data import as_json
from digest.subscriptions.tokens import Purpose

State = Subscriber.State
WAY = "preferences"


@page("GET", "HEAD", "POST")
def preferences(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Everything that can be chosen; each button says with `do` which it is."""
    subscriber = subscriber_of(Purpose.PREFERENCES, token)
    if request.method != "POST":
        return _show(request, subscriber, token)
    act = _ACTS.get(request.POST.get("do", ""))
    if act is None:
        return _show(request, subscriber, token, status=400, refused=StrictForm(request.POST))
    return act(request, subscriber, token)


def _save(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    form = PreferencesForm.of(subscriber, request.POST)
    if not form.is_valid():
        return _show(request, subscriber, token, status=400, form=form)
    data = form.cleaned_data
    try:
        choosing.change(subscriber, form.chosen(), data["paused_until"], way_of(request, WAY), seen=data["seen"])
    except choosing.ChangedMeanwhile:
        warned = _(
            "Not saved: your choices were changed on another page after you opened this one. "
            "Here they are as they are now; please change them here."
        )
        return _show(request, subscriber, token, status=409, warned=warned)
    return _show(request, subscriber, token, said=_("Your choices are saved."))


def _leave_section(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    form = SectionForm(request.POST)
    if not form.is_valid():
        return _show(request, subscriber, token, status=400, refused=form)
    choosing.leave_section(subscriber, form.cleaned_data["section"], way_of(request, WAY))
    return _show(request, subscriber, token, said=_("This section will not come any more."))


def _move(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    form = NewAddressForm(request.POST)
    if not form.is_valid():
        return _show(request, subscriber, token, status=400, address_form=form)
    with evenly():
        choosing.ask_new_address(subscriber, cleaned_address(form), way_of(request, WAY))
    said = _(
        "If mail may go to the new address, one is on its way. "
        "Press the button it leads to, and the digest will go there."
    )
    return _show(request, subscriber, token, said=said)


def _leave(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    leaving.unsubscribe(subscriber, way_of(request, WAY))
    return _show(request, subscriber, token)


def _come_back(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    if joining.resubscribe(subscriber, way_of(request, WAY)):
        said = _("We are sending you a mail. Press the button it leads to, and the digest will come again.")
    else:
        said = _(
            "Some mails went to this address lately, so none is sent now. "
            "Please look for one of them in your mailbox, or try again tomorrow."
        )
    return _show(request, subscriber, token, said=said)


_ACTS: dict[str, Callable[[HttpRequest, Subscriber, str], HttpResponse]] = {
    "save": _save,
    "leave-section": _leave_section,
    "move": _move,
    "leave": _leave,
    "come-back": _come_back,
}


def _show(request: HttpRequest, subscriber: Subscriber, token: str, status: int = 200, **context: Any) -> HttpResponse:
    subscriber.refresh_from_db()
    if subscriber.state in (State.ACTIVE, State.PENDING):
        context.setdefault("form", PreferencesForm.of(subscriber))
        context.setdefault("address_form", NewAddressForm())
    return show(request, "preferences", status, subscriber=subscriber, token=token, **context)


@page("GET", "HEAD")
def export(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """All that is kept of the subscriber, as a file."""
    text = as_json(subscriber_of(Purpose.PREFERENCES, token))
    disposition = 'attachment; filename="snz-digest-subscription.json"'
    return HttpResponse(text, content_type="application/json", headers={"Content-Disposition": disposition})


@page("GET", "HEAD", "POST")
def erase(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Asks once more; then everything is gone, this page's address too."""
    subscriber = subscriber_of(Purpose.PREFERENCES, token)
    if request.method != "POST":
        return show(request, "erase", subscriber=subscriber, token=token)
    leaving.erase(subscriber, way_of(request, WAY))
    return show(request, "erased")


@page("GET", "HEAD", "POST")
def new_address(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """The new mailbox's owner confirms, or says that it wasn't them: two buttons."""
    subscriber = subscriber_of(Purpose.NEW_ADDRESS, token)
    way = way_of(request, "new-address-page")
    if request.method == "POST" and request.POST.get("do") == "not-me":
        if subscriber.new_address:
            leaving.block_new_address(subscriber, Address.stored(subscriber.new_address), way)
        return show(request, "not_me", is_done=True)
    is_taken = request.method == "POST" and request.POST.get("do") == "take"
    if is_taken and (moved := choosing.take_new_address(subscriber, way)):
        return show(request, "address_changed", preferences=tokens.make(Purpose.PREFERENCES, moved))
    is_open = subscriber.state == State.ACTIVE and bool(subscriber.new_address) and tokens.is_fresh(subscriber)
    return show(request, "new_address", is_open=is_open and not is_taken, subscriber=subscriber)
