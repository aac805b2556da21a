"""Pages of coming: subscribe, confirm, “this wasn’t me”, have the link mailed."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from digest.subscriptions import joining, leaving, limits, tokens
from digest.subscriptions.forms import LinkForm, ShortForm, SubscribeForm, TokenForm, cleaned_address
from digest.subscriptions.http import evenly, page, show, subscriber_of, way_of
from digest.subscriptions.models import Subscriber
from digest.subscriptions.tokens import Purpose

State = Subscriber.State


@page("GET", "HEAD", "POST", is_indexed=True)
def subscribe(request: HttpRequest, language: str) -> HttpResponse:
    """The form; and one answer to all who send it well, whatever is known of their address."""
    if request.method != "POST":
        return show(request, "subscribe", form=SubscribeForm())
    if "step" in request.POST:
        return _from_another_page(request)
    form = SubscribeForm(request.POST)
    way = way_of(request, "subscribe-page")
    if _is_taken(
        form,
        lambda: joining.subscribe(cleaned_address(form), form.chosen(), way, is_wanted=form.is_by_a_person),
    ):
        return show(request, "asked")
    return show(request, "subscribe", 400, form=form, address_errors=form.errors.get("address"))


def _is_taken(form: TokenForm, act: Callable[[], None]) -> bool:
    """Whether the form was right; then it was acted upon, once, in the same transaction that uses up its token."""
    if not form.is_valid():
        return False
    with evenly(), limits.turn():
        if not form.spend():
            return False
        act()
    return True


def _from_another_page(request: HttpRequest) -> HttpResponse:
    """The short form of a cached page carries no token: it brings people here, with what they typed."""
    short = ShortForm(request.POST)
    is_good = short.is_valid()
    wishes = {"language": language} if (language := short.cleaned_data.get("language")) else {}
    form = SubscribeForm(initial={"address": request.POST.get("address", ""), **wishes})
    if is_good:
        return show(request, "subscribe", form=form)
    return show(request, "subscribe", 400, form=form, address_errors=short.errors.get("address"))


@page("GET", "HEAD", "POST")
def link(request: HttpRequest, language: str) -> HttpResponse:
    """Have the preferences link mailed; the answer tells nobody who is subscribed."""
    if request.method != "POST":
        return show(request, "link", form=LinkForm())
    form = LinkForm(request.POST)
    way = way_of(request, "link-page")
    if _is_taken(form, lambda: joining.mail_link(cleaned_address(form), way, is_wanted=form.is_by_a_person)):
        return show(request, "link_asked")
    return show(request, "link", 400, form=form, address_errors=form.errors.get("address"))


@page("GET", "HEAD", "POST")
def confirm(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """A page with one button. It may be seen any number of times, by programs too; only the button confirms."""
    subscriber = subscriber_of(Purpose.CONFIRM, token)
    context: dict[str, Any] = {"subscriber": subscriber}
    if request.method == "POST" and joining.confirm(subscriber, way_of(request, "confirm-page")):
        context["preferences"] = tokens.make(Purpose.PREFERENCES, subscriber)
        return show(request, "confirmed", **context)
    subscriber.refresh_from_db()
    if joining.may_confirm(subscriber):
        return show(request, "confirm", **context)
    is_waiting = subscriber.state in (State.PENDING, State.UNSUBSCRIBED)
    return show(request, "confirm_over", is_known=subscriber.state == State.ACTIVE, is_waiting=is_waiting, **context)


@page("GET", "HEAD", "POST")
def not_me(request: HttpRequest, language: str, token: str) -> HttpResponse:
    """Somebody typed another's address: its owner blocks it for good, by a button."""
    subscriber = subscriber_of(Purpose.NOT_ME, token)
    if request.method == "POST":
        leaving.block(subscriber, way_of(request, "not-me-page"))
        subscriber.refresh_from_db()
    return show(request, "not_me", subscriber=subscriber, is_done=subscriber.state == State.BLOCKED)
