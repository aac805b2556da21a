"""The proof of consent: the only module that writes consent events."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from digest.subscriptions.models import ConsentEvent, Subscriber

# Version of the text in templates/subscriptions/includes/consent_text.html and its translations. Change it whenever
# the meaning of that text changes. Older versions of the text are in the version history of the template.
CONSENT_TEXT_VERSION = "2026-12-01"


@dataclass(frozen=True)
class ConsentSource:
    """Where an action came from: the form or program, the truncated network, and the language of the page."""

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
    """Write a consent event. Events that give consent store the version of the text that was shown."""
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
    """The current row, locked until the transaction ends."""
    return Subscriber.objects.select_for_update().get(pk=subscriber.pk)
