"""The pages to subscribe, confirm, report “this wasn’t me”, and request the preferences link."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from digest.subscriptions import limits, subscribing, tokens, unsubscribing
from digest.subscriptions.forms import LinkForm, ShortForm, SubscribeForm, TokenForm, cleaned_address
from digest.subscriptions.http import consent_source, constant_time, get_subscriber, render_page, token_page
from digest.subscriptions.models import Subscriber
from digest.subscriptions.tokens import Purpose

State = Subscriber.State


@token_page("GET", "HEAD", "POST", is_indexed=True)
def subscribe(request: HttpRequest, language: str) -> HttpResponse:
    """The subscribe form. All valid submissions get the same response, whatever is known about the address."""
    if request.method != "POST":
        return render_page(request, "subscribe", form=SubscribeForm())
    if "step" in request.POST:
        return _continue_short_form(request)
    form = SubscribeForm(request.POST)
    source = consent_source(request, "subscribe-page")
    if _submit(
        form,
        lambda: subscribing.subscribe(cleaned_address(form), form.preferences(), source, is_human=form.is_human),
    ):
        return render_page(request, "request_received")
    return render_page(request, "subscribe", 400, form=form, address_errors=form.errors.get("address"))


def _submit(form: TokenForm, action: Callable[[], None]) -> bool:
    """Run `action` if the form is valid, in the transaction that uses up its token. Returns whether it ran."""
    if not form.is_valid():
        return False
    with constant_time(), limits.one_at_a_time():
        if not form.consume():
            return False
        action()
    return True


def _continue_short_form(request: HttpRequest) -> HttpResponse:
    """Show the full form with the values of a short form, which has no token because its page is cached."""
    short = ShortForm(request.POST)
    is_good = short.is_valid()
    chosen_language = {"language": language} if (language := short.cleaned_data.get("language")) else {}
    form = SubscribeForm(initial={"address": request.POST.get("address", ""), **chosen_language})
    if is_good:
        return render_page(request, "subscribe", form=form)
    return render_page(request, "subscribe", 400, form=form, address_errors=short.errors.get("address"))


@token_page("GET", "HEAD", "POST")
def link(request: HttpRequest, language: str) -> HttpResponse:
    """Email the preferences link. The response does not reveal who is subscribed."""
    if request.method != "POST":
        return render_page(request, "request_link", form=LinkForm())
    form = LinkForm(request.POST)
    source = consent_source(request, "link-page")
    if _submit(
        form, lambda: subscribing.email_preferences_link(cleaned_address(form), source, is_human=form.is_human)
    ):
        return render_page(request, "link_requested")
    return render_page(request, "request_link", 400, form=form, address_errors=form.errors.get("address"))


@token_page("GET", "HEAD", "POST")
def confirm(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """A page with one button. Only the button confirms; link scanners may open the page any number of times."""
    subscriber = get_subscriber(Purpose.CONFIRM, token)
    context: dict[str, Any] = {"subscriber": subscriber}
    if request.method == "POST" and subscribing.confirm(subscriber, consent_source(request, "confirm-page")):
        context["preferences"] = tokens.make(Purpose.PREFERENCES, subscriber)
        return render_page(request, "confirmed", **context)
    subscriber.refresh_from_db()
    if subscribing.may_confirm(subscriber):
        sections = [label for _name, label in subscriber.section_labels]
        return render_page(request, "confirm", sections=sections, **context)
    is_waiting = subscriber.state in (State.PENDING, State.UNSUBSCRIBED)
    return render_page(
        request, "confirm_expired", is_known=subscriber.state == State.ACTIVE, is_waiting=is_waiting, **context
    )


@token_page("GET", "HEAD", "POST")
def not_me(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Lets the owner of an address that somebody else typed block it permanently."""
    subscriber = get_subscriber(Purpose.NOT_ME, token)
    if request.method == "POST":
        unsubscribing.block(subscriber, consent_source(request, "not-me-page"))
        subscriber.refresh_from_db()
    return render_page(request, "not_me", subscriber=subscriber, is_done=subscriber.state == State.BLOCKED)
