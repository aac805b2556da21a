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

from digest.mailing.bounces import Event, record_events, statuses
from digest.mailing.bounces.statuses import Kind
from digest.mailing.message_ids import delivery_id_from

# How providers mark a permanent bounce, each in its own field; used only without a status code.
_PERMANENT = {
    ("event", "hard_bounce"),  # Brevo, Mandrill
    ("event", "invalid_email"),  # Brevo
    ("Type", "HardBounce"),  # Postmark
    ("hard_bounce", True),  # Mailjet
    ("status", "hard_bounced"),  # Unisender Go
    ("type", "activity.hard_bounced"),  # MailerSend
    ("bounce_class", "10"),  # SparkPost: invalid recipient
}
_REASONS = {  # why a provider did not try to send (anymail.signals.RejectReason)
    "invalid": Kind.HARD,
    "bounced": Kind.HARD,
    "spam": Kind.COMPLAINT,
    "timed_out": Kind.SOFT,
}


class TrackingMixin(AnymailCoreWebhookView):  # type: ignore[misc]  # anymail is untyped
    """Mixin for anymail's webhook view of a provider, which authenticates and parses the request.

    anymail sends a signal for each event. Here `post` calls our function instead, so that the call is easy to find and
    an error makes the provider try again.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Record the events. Responds with 403 without the secret (compared in constant time), 400 to invalid data."""
        if not self.basic_auth:
            raise PermissionDenied  # without a secret anymail would accept any request
        try:
            self.run_validators(request)
        except AnymailWebhookValidationFailure as error:
            raise PermissionDenied from error
        try:
            found = [event_of(self.esp_name, tracking) for tracking in self.parse_events(request)]
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise BadRequest(f"not what {self.esp_name} would send") from error
        record_events([event for event in found if event is not None])
        return HttpResponse()


def addresses(transport: str) -> list[URLPattern]:
    """The URL pattern of the webhook for this MAIL_TRANSPORT; empty if it has none."""
    kind, _colon, esp = transport.partition(":")
    views = {pattern.name: pattern.callback.view_class for pattern in anymail_urls.urlpatterns}
    name = f"{esp}_tracking_webhook"
    if kind != "anymail" or name not in views:
        return []
    view: Any = type("ProviderTracking", (TrackingMixin, views[name]), {})
    return [path(f"anymail/{esp}/tracking/", view.as_view(), name=name)]


def event_of(provider: str, tracking: Any) -> Event | None:
    """Our event for a tracking event of anymail; None for opens, clicks, delays and emails that are not ours."""
    delivery_id = _delivery(tracking)
    kind, status = _kind(tracking)
    if delivery_id is None or kind is None:
        return None
    identity = (
        str(tracking.event_id) if tracking.event_id else json.dumps(tracking.esp_event, sort_keys=True, default=str)
    )
    name = f"{provider}:{delivery_id}:{kind}:{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:32]}"
    detail = _text(tracking.mta_response) or _text(tracking.description)
    return Event(name, delivery_id, kind, status, detail, tracking.timestamp)


def _delivery(tracking: Any) -> int | None:
    """The delivery's id from our signed metadata, or from the Message-ID; None if it is not ours."""
    metadata = tracking.metadata if isinstance(tracking.metadata, dict) else {}
    return delivery_id_from(f"{_text(metadata.get('delivery'))}@provider") or delivery_id_from(
        _text(tracking.message_id)
    )


def _kind(tracking: Any) -> tuple[Kind | None, str]:
    status = _status(tracking)
    match tracking.event_type:
        case "delivered":
            return Kind.DELIVERED, status
        case "complained":
            return Kind.COMPLAINT, status
        case "bounced":
            kind = statuses.kind_of(status)
            if kind is None:
                kind = Kind.HARD if tracking.reject_reason == "invalid" or _is_permanent(tracking) else Kind.SOFT
            return kind, status
        case "rejected":
            return _REASONS.get(tracking.reject_reason, Kind.POLICY), status
        case "failed":
            return Kind.POLICY, status  # a fault of the provider or ours
    return None, ""


def _status(tracking: Any) -> str:
    """The status code in the receiving server's reply, or in the provider's field."""
    fields = tracking.esp_event if isinstance(tracking.esp_event, dict) else {}
    own = statuses.status_of(_text(fields.get("status"))) or statuses.status_of(_text(fields.get("SMTPCode")))
    return statuses.more_exact(own, _text(tracking.mta_response))


def _is_permanent(tracking: Any) -> bool:
    fields = tracking.esp_event if isinstance(tracking.esp_event, dict) else {}
    return any(fields.get(name) == value for name, value in _PERMANENT)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
