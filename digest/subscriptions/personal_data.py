"""Export of all data stored about one subscriber (GDPR Art. 15 and 20; Taiwan's PDPA Art. 3)."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from digest.subscriptions.models import Notice, Subscriber

# Secrets and duplicates; and a pending change of address with the time it was requested. Whether a change is pending
# depends on whether the new address is already subscribed or blocked, so a subscriber could use it to find out who
# else is subscribed.
_LEFT_OUT = {"id", "secret", "address_key", "subscriber", "new_address", "asked_at"}


def collect(subscriber: Subscriber) -> dict[str, Any]:
    """All fields of the row, and all rows of all tables, in any app, that refer to it.

    Emails that ask the owner of another address for confirmation are left out. Addresses are masked, because every
    email contains a link to this file and emails get forwarded.
    """
    data = _fields(subscriber)
    for relation in Subscriber._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: subscriber}).order_by("pk")
        kept = [_fields(row) for row in rows if not _concerns_new_address(row)]
        data[relation.related_model._meta.model_name or ""] = kept
    return data


def as_json(subscriber: Subscriber) -> str:
    text = json.dumps(collect(subscriber), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    for address in {subscriber.address, subscriber.address_key or "", subscriber.new_address} - {""}:
        text = text.replace(address, Subscriber(address=address).masked_address)
    return text + "\n"


def _concerns_new_address(row: models.Model) -> bool:
    """Whether this is an email to a requested new address, or an event of such an email."""
    mail = getattr(row, "delivery", None) or row
    return Notice.Kind.NEW_ADDRESS in (getattr(mail, "kind", ""), getattr(mail, "notice_kind", ""))


def _fields(row: models.Model) -> dict[str, Any]:
    return {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in _LEFT_OUT and not isinstance(field, models.BinaryField)
    }
