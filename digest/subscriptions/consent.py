"""The proof of consent: by what way something was asked for, and the one place that writes it down."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from digest.subscriptions.models import ConsentEvent, Subscriber

# Of the text in templates/subscriptions/parts/consent.html and its translations: whoever changes what people agree to
# changes this too. What an older version said, the history of that file tells.
CONSENT_TEXT_VERSION = "2026-11-21"


@dataclass(frozen=True)
class Way:
    """How somebody acted: by which form or program, from which network (truncated), on a page of which language."""

    name: str  # subscribe-page, one-click, preferences, import, admin:<user name>, bounce ...
    network: str = ""
    language: str = ""


def record(
    subscriber: Subscriber, kind: str, way: Way, at: dt.datetime | None = None, detail: dict[str, Any] | None = None
) -> ConsentEvent:
    """Write an event. Those that somebody agrees by carry the version of the text they had before them."""
    agrees = kind in (ConsentEvent.Kind.REQUESTED, ConsentEvent.Kind.CONFIRMED) and bool(way.language)
    return ConsentEvent.objects.create(
        subscriber=subscriber,
        kind=kind,
        at=at or timezone.now(),
        text_version=CONSENT_TEXT_VERSION if agrees else "",
        language=way.language,
        way=way.name[:200],
        network=way.network,
        detail=detail or {},
    )


def lock(subscriber: Subscriber) -> Subscriber:
    """The row as it is now, kept from others until the transaction ends."""
    return Subscriber.objects.select_for_update().get(pk=subscriber.pk)
