"""A provider's webhook at /anymail/<esp>/tracking/: bounces, complaints and deliveries, read by django-anymail."""

import hashlib
import json
from typing import Any

from anymail import urls as anymail_urls
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailCoreWebhookView
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from digest.mailing.bounces import Event, statuses, take_all
from digest.mailing.bounces.statuses import Kind
from digest.mailing.message_ids import delivery_id_from

# What providers call a bounce that is for good, each in a field of its own; asked only where no status code came.
_FOR_GOOD = {
    ("event", "hard_bounce"),  # Brevo, Mandrill
    ("event", "invalid_email"),  # Brevo
    ("Type", "HardBounce"),  # Postmark
    ("hard_bounce", True),  # Mailjet
    ("status", "hard_bounced"),  # Unisender Go
    ("type", "activity.hard_bounced"),  # MailerSend
    ("bounce_class", "10"),  # SparkPost: invalid recipient
}
_REASONS = {  # why a provider did not even try (anymail.signals.RejectReason)
    "invalid": Kind.HARD,
    "bounced": Kind.HARD,
    "spam": Kind.COMPLAINT,
    "timed_out": Kind.SOFT,
}


class Tracking(AnymailCoreWebhookView):  # type: ignore[misc]  # anymail is untyped
    """To be mixed into anymail's view of one provider, which checks who calls and reads what is told.

    anymail hands events on by a signal. Here `post` calls our function instead: the one receiver there would ever be,
    found by reading and not by searching, and its errors are answered so that the provider tries again.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """403 for who cannot show the secret, compared in constant time; 400 for what cannot be read."""
        if not self.basic_auth:
            raise PermissionDenied  # without a secret anymail would let everybody in
        try:
            self.run_validators(request)
        except AnymailWebhookValidationFailure as error:
            raise PermissionDenied from error
        try:
            found = [event_of(self.esp_name, told) for told in self.parse_events(request)]
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise BadRequest(f"not what {self.esp_name} would send") from error
        take_all([event for event in found if event is not None])
        return HttpResponse()


def addresses(transport: str) -> list[URLPattern]:
    """The webhook's address for a MAIL_TRANSPORT of a provider; none for the others, or where anymail has none."""
    kind, _colon, esp = transport.partition(":")
    views = {pattern.name: pattern.callback.view_class for pattern in anymail_urls.urlpatterns}
    name = f"{esp}_tracking_webhook"
    if kind != "anymail" or name not in views:
        return []
    view: Any = type("ProviderTracking", (Tracking, views[name]), {})
    return [path(f"anymail/{esp}/tracking/", view.as_view(), name=name)]


def event_of(provider: str, told: Any) -> Event | None:
    """The event that anymail's tracking event is for us; None for opens, clicks, delays and other people's mails."""
    delivery_id = _delivery(told)
    kind, status = _kind(told)
    if delivery_id is None or kind is None:
        return None
    mark = str(told.event_id) if told.event_id else json.dumps(told.esp_event, sort_keys=True, default=str)
    name = f"{provider}:{delivery_id}:{kind}:{hashlib.sha256(mark.encode('utf-8', 'replace')).hexdigest()[:32]}"
    detail = _text(told.mta_response) or _text(told.description)
    return Event(name, delivery_id, kind, status, detail, told.timestamp)


def _delivery(told: Any) -> int | None:
    """By our metadata, which is signed, so that another portal's at the same provider is not ours; or Message-ID."""
    metadata = told.metadata if isinstance(told.metadata, dict) else {}
    return delivery_id_from(f"{_text(metadata.get('delivery'))}@provider") or delivery_id_from(_text(told.message_id))


def _kind(told: Any) -> tuple[Kind | None, str]:
    status = _status(told)
    match told.event_type:
        case "delivered":
            return Kind.DELIVERED, status
        case "complained":
            return Kind.COMPLAINT, status
        case "bounced":
            judged = statuses.kind_of(status)
            if judged is None:
                judged = Kind.HARD if told.reject_reason == "invalid" or _is_for_good(told) else Kind.SOFT
            return judged, status
        case "rejected":
            return _REASONS.get(told.reject_reason, Kind.POLICY), status
        case "failed":
            return Kind.POLICY, status  # the provider's fault or ours
    return None, ""


def _status(told: Any) -> str:
    """The code in the receiving server's answer, or the provider's own field of it."""
    fields = told.esp_event if isinstance(told.esp_event, dict) else {}
    own = statuses.status_of(_text(fields.get("status"))) or statuses.status_of(_text(fields.get("SMTPCode")))
    return statuses.more_exact(own, _text(told.mta_response))


def _is_for_good(told: Any) -> bool:
    fields = told.esp_event if isinstance(told.esp_event, dict) else {}
    return any(fields.get(name) == value for name, value in _FOR_GOOD)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
