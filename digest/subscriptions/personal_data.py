"""What is kept of one subscriber, for them to take away (GDPR Art. 15 and 20; Taiwan's PDPA Art. 3)."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from digest.subscriptions.models import Notice, Subscriber

# What opens doors; what only says the same once more; and the move to another address that waits for its owner's word,
# with the time it was asked at. Those are written for some addresses and not for others, as somebody subscribes with
# them or wants no mail: by them, whoever is subscribed could find out who else is.
_LEFT_OUT = {"id", "secret", "address_key", "subscriber", "new_address", "asked_at"}


def collect(subscriber: Subscriber) -> dict[str, Any]:
    """Every field of the row, and every row of every table that refers to it, whichever part has it.

    Mails that ask another address's owner for confirmation are that owner's business and left out. Addresses are
    shortened: the link to this file is in every mail, and mails are passed on.
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
    """Whether this is a mail to the address that somebody wants to move to, or tells of one."""
    mail = getattr(row, "delivery", None) or row
    return Notice.Kind.NEW_ADDRESS in (getattr(mail, "kind", ""), getattr(mail, "notice_kind", ""))


def _fields(row: models.Model) -> dict[str, Any]:
    return {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in _LEFT_OUT and not isinstance(field, models.BinaryField)
    }
