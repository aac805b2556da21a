"""For tests of the operators' pages: people with and without rights, and mailings with rows in chosen states."""

import datetime as dt
from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing
from tests import factories

LANGUAGES = ("zh-hant", "zh-hans", "en", "bilingual")


def sign_in(*rights: str) -> Client:
    """A member of the staff with these rights, e.g. "view_mailing", whose browser wants English."""
    user, is_new = get_user_model().objects.get_or_create(username="-".join(rights) or "nobody", is_staff=True)
    if is_new:
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def make_mailing(states: Iterable[str] = ("pending",) * 4, *, state: str = "sending", number: str = "17") -> Mailing:
    """A frozen mailing with one row in each of these states, its readers' languages in turn."""
    states = list(states)
    issue = factories.make_full_issue(number)
    for count in range(len(states)):
        factories.make_subscriber(f"reader{count}@farm.example", language=LANGUAGES[count % 4])
    mailing = outbox.start(issue)
    for row, wanted in zip(mailing.deliveries.order_by("subscriber_id"), states, strict=True):
        held = {"owner": "", "lease_until": None}
        if wanted in ("claimed", "in-data"):
            held = {"owner": "a-sender", "lease_until": timezone.now() + dt.timedelta(hours=1)}
        Delivery.objects.filter(pk=row.pk).update(state=wanted, reply=f"250 {wanted}", **held)
    Mailing.objects.filter(pk=mailing.pk).update(state=state)
    mailing.refresh_from_db()
    return mailing
