"""What is kept of one subscriber, for them to take away (GDPR Art. 15 and 20; Taiwan's PDPA Art. 3)."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from digest.subscriptions.models import Subscriber

# What opens doors, and what only says the same once more.
_LEFT_OUT = {"id", "secret", "address_key", "subscriber"}


def everything(subscriber: Subscriber) -> dict[str, Any]:
    """Every field of the row, and every row of every table that refers to it, whichever part has it.

    Addresses are shortened: the link to this file is in every mail, and mails are passed on.
    """
    data = _fields(subscriber)
    for relation in Subscriber._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: subscriber}).order_by("pk")
        data[relation.related_model._meta.model_name or ""] = [_fields(row) for row in rows]
    return data


def as_json(subscriber: Subscriber) -> str:
    text = json.dumps(everything(subscriber), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    for address in {subscriber.address, subscriber.address_key or "", subscriber.new_address} - {""}:
        text = text.replace(address, Subscriber(address=address).masked_address)
    return text + "\n"


def _fields(row: models.Model) -> dict[str, Any]:
    return {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in _LEFT_OUT and not isinstance(field, models.BinaryField)
    }
