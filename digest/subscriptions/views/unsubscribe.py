"""One-click unsubscribe (RFC 8058) and its page, outside the language prefix and without redirects."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from digest.common import languages
from digest.subscriptions import subscribing, unsubscribing
from digest.subscriptions.http import consent_source, get_subscriber, render_page, token_page
from digest.subscriptions.models import Subscriber
from digest.subscriptions.tokens import Purpose

State = Subscriber.State


@token_page("GET", "HEAD", "POST")
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """POST unsubscribes, however often it is repeated; GET shows a button (RFC 8058, 3.1, 3.2).

    The body is ignored: providers send it in different formats, and some send none.
    """
    subscriber = get_subscriber(Purpose.UNSUBSCRIBE, token)
    if request.method == "POST":
        unsubscribing.unsubscribe(subscriber, consent_source(request, "one-click"))
        subscriber.refresh_from_db()
    has_left = subscriber.state not in (State.ACTIVE, State.PENDING)
    return _render(request, subscriber, token, has_left=has_left)


@token_page("GET", "HEAD", "POST")
def resubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """For those who unsubscribed by mistake: an email asks them to confirm, as when they first subscribed.

    GET shows the unsubscribe page, because people reload this page or open it from their history.
    """
    if request.method != "POST":
        return one_click(request, token)
    subscriber = get_subscriber(Purpose.UNSUBSCRIBE, token)
    is_asked = subscribing.resubscribe(subscriber, consent_source(request, "come-back"))
    subscriber.refresh_from_db()
    has_left = subscriber.state not in (State.ACTIVE, State.PENDING)
    is_refused = not is_asked and subscriber.state == State.UNSUBSCRIBED
    return _render(request, subscriber, token, has_left=has_left, is_asked=is_asked, is_refused=is_refused)


def _render(request: HttpRequest, subscriber: Subscriber, token: str, **context: bool) -> HttpResponse:
    code = mail_language(subscriber)
    with translation.override(code):
        may_return = subscriber.state == State.UNSUBSCRIBED
        response = render_page(
            request, "unsubscribe", subscriber=subscriber, token=token, may_return=may_return, **context
        )
        response.headers["Content-Language"] = languages.bcp47(code)
    return response


def mail_language(subscriber: Subscriber) -> str:
    """The page language for an email language: Traditional Chinese for bilingual emails."""
    return subscriber.language if subscriber.language in languages.LANGUAGES else languages.HANT.code
