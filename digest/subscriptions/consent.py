"""The proof of consent: by what way something was asked for, and the one place that writes it down."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from digest.subscriptions.models import ConsentEvent, Subscriber

# Version of the text in templates/subscriptions/includes/consent_text.html and its translations. Change it whenever
# the meaning of that text changes. Older versions of the text are in the version history of the template.
CONSENT_TEXT_VERSION = "2026-11-21"


@dataclass(frozen=True)
class ConsentSource:
    """How somebody acted: by which form or program, from which network (truncated), on a page of which language."""

    name: str  # subscribe-page, one-click, preferences, import, admin:<user name>, bounce ...
    network: str = ""
    language: str = ""


def record_event(
    subscriber: Subscriber,
    kind: str,
    source: ConsentSource,
    at: dt.datetime | None = None,
    detail: dict[str, Any] | None = None,
) -> ConsentEvent:
    """Write an event. Those that somebody agrees by carry the version of the text they had before them."""
    agrees = kind in (ConsentEvent.Kind.REQUESTED, ConsentEvent.Kind.CONFIRMED) and bool(source.language)
    return ConsentEvent.objects.create(
        subscriber=subscriber,
        kind=kind,
        at=at or timezone.now(),
        text_version=CONSENT_TEXT_VERSION if agrees else "",
        language=source.language,
        way=source.name[:200],
        network=source.network,
        detail=detail or {},
    )


def lock_subscriber(subscriber: Subscriber) -> Subscriber:
    """The row as it is now, kept from others until the transaction ends."""
    return Subscriber.objects.select_for_update().get(pk=subscriber.pk)
