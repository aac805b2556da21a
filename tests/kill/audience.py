"""An issue with a mailing and its audience; a diary of what happens to the rows; time that passes."""

import datetime as dt
import os
import time

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from digest.mailing import outbox
from digest.mailing.models import Delivery, Mailing, OutboxState
from digest.subscriptions.models import Subscriber
from tests.factories import make_issue, make_item, make_placement

DOMAIN = "farm.example"


def enlist(number: int, language: str = "en", prefix: str = "u") -> list[Subscriber]:
    """That many active subscribers: u0@farm.example, u1@..."""
    rows = [
        Subscriber(
            address=f"{prefix}{n}@{DOMAIN}", address_key=f"{prefix}{n}@{DOMAIN}", state="active", language=language
        )
        for n in range(number)
    ]
    with transaction.atomic():
        return Subscriber.objects.bulk_create(rows, batch_size=500)


def dismiss() -> None:
    """All who are there have left: the next mailing has an audience of its own."""
    Subscriber.objects.filter(state="active").update(state="unsubscribed")


def freeze(number: str = "17") -> Mailing:
    """A published issue and its mailing, to all who are subscribed now."""
    issue = make_issue(number)
    make_placement(make_item(), issue)
    outbox.start(issue)
    return Mailing.objects.get(issue=issue)


def states(mailing: Mailing) -> dict[int, str]:
    """State by delivery id, as of one commit."""
    return dict(Delivery.objects.filter(mailing=mailing).values_list("pk", "state"))


def accepted_for_sure(mailing: Mailing) -> int:
    return Delivery.objects.filter(mailing=mailing, state="sent").count()


def is_done(mailing: Mailing) -> bool:
    return not Delivery.objects.filter(mailing=mailing, state__in=Delivery.OPEN).exists()


def pass_time(seconds: float) -> None:
    """Let all that waits have waited this much longer. Leases as well: only while no sender is alive."""
    gone = dt.timedelta(seconds=seconds)
    held = Delivery.objects.filter(lease_until__isnull=False)
    held.update(lease_until=F("lease_until") - gone)
    for file in settings.MAIL_STATE_DIR.glob("held.*"):
        then = file.stat().st_mtime - seconds
        os.utime(file, (then, then))
    pass_pauses(seconds)


def at_work() -> set[str]:
    """The senders with a mail between the fence and its outcome."""
    return set(Delivery.objects.filter(state="in-data").values_list("owner", flat=True))


def expire(owner: str) -> int:
    """End the lease of one sender, dead or frozen, as time would; how many of its mails were in the middle."""
    with transaction.atomic():
        held = Delivery.objects.filter(owner=owner)
        held.update(lease_until=F("lease_until") - dt.timedelta(days=1))
        return held.filter(state="in-data").count()


def bury(owner: str) -> int:
    """The same for one who was killed, as soon as PostgreSQL has ended what it had asked for."""
    while connection.vendor == "postgresql" and _is_connected(owner):
        time.sleep(0.002)
    return expire(owner)


def _is_connected(owner: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = %s)", [owner])
        return bool(cursor.fetchone()[0])


def wait_for_locks(seconds: float) -> None:
    """Give up after this time, with an OperationalError: whoever holds the lock may be frozen."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{seconds:.0f}s"])
        else:
            cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


def pass_pauses(seconds: float) -> None:
    """The same for what waits without being held: back-off and pauses."""
    gone = dt.timedelta(seconds=seconds)
    Delivery.objects.filter(state__in=["pending", "deferred"]).update(due_at=F("due_at") - gone)
    OutboxState.objects.filter(paused_until__isnull=False).update(paused_until=F("paused_until") - gone)


# --- a diary that the database keeps by itself, in the order of its commits ----------------------------------------

_SQLITE = """
CREATE TABLE kill_diary (id INTEGER PRIMARY KEY AUTOINCREMENT, subscriber INTEGER, word TEXT);
CREATE TRIGGER kill_claims AFTER UPDATE OF state ON mailing_delivery WHEN NEW.state = 'claimed' BEGIN
    INSERT INTO kill_diary (subscriber, word) VALUES (NEW.subscriber_id, 'claimed'); END;
CREATE TRIGGER kill_ends AFTER UPDATE OF state ON subscriptions_subscriber WHEN NEW.state <> 'active' BEGIN
    INSERT INTO kill_diary (subscriber, word) VALUES (NEW.id, 'ended'); END;
"""
# A claim is as old as the start of its transaction; an end is as old as the moment after its commit, which `ended`
# writes down. So nothing that was claimed later can have been claimed in ignorance.
_POSTGRES = """
CREATE TABLE kill_diary (id bigserial, subscriber bigint, word text, at timestamptz DEFAULT now());
CREATE FUNCTION kill_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO kill_diary (subscriber, word) VALUES (NEW.subscriber_id, 'claimed'); RETURN NULL; END $$;
CREATE TRIGGER kill_claims AFTER UPDATE OF state ON mailing_delivery FOR EACH ROW WHEN (NEW.state = 'claimed')
    EXECUTE FUNCTION kill_claim();
"""


def keep_diary() -> None:
    """From now on note each claim and each end of a subscription."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES)
        else:
            cursor.connection.executescript(_SQLITE)


def note_end(subscriber: Subscriber) -> None:
    """To be called right after the commit that ended the subscription."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO kill_diary (subscriber, word) VALUES (%s, 'ended')", [subscriber.pk])


def claimed_after_end() -> list[int]:
    """Subscribers who were taken up for sending although they had left before."""
    # By the time of the transaction, or in the order of the writing transactions, of which SQLite has one at a time.
    later = "c.at > e.at" if connection.vendor == "postgresql" else "c.id > e.id"
    query = (
        "SELECT DISTINCT c.subscriber FROM kill_diary c JOIN kill_diary e ON e.subscriber = c.subscriber"
        " WHERE c.word = 'claimed' AND e.word = 'ended' AND "
    )
    with connection.cursor() as cursor:
        cursor.execute(query + later)
        return [row[0] for row in cursor.fetchall()]
