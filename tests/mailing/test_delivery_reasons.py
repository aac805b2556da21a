"""What the portal says of a delivery: a named reason in the reader's language, apart from the server's words."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from digest.mailing import outbox
from digest.mailing.bounces import events
from digest.mailing.bounces.events import Event
from digest.mailing.models import Delivery, MailEvent
from digest.mailing.results import DeliveryResult, DeliveryStatus
from tests.mailing.admin_users import make_mailing, sign_in

ARRIVED = "was uncertain; it arrived, as was told later"


def tell(row: Delivery, kind: str) -> None:
    events.record_event(Event(f"{row.pk} {kind}", row.pk, MailEvent.Kind(kind)))


@pytest.mark.django_db
def test_a_servers_words_are_never_taken_for_ours() -> None:
    row = make_mailing(["sent"]).deliveries.get()
    Delivery.objects.update(reply=ARRIVED)
    tell(row, "hard")
    row.refresh_from_db()
    assert (row.state, row.reason, row.reply) == ("sent", "", ARRIVED)


@pytest.mark.django_db
def test_what_arrived_as_was_told_later_may_still_come_back() -> None:
    row = make_mailing(["uncertain"]).deliveries.get()
    tell(row, "delivered")
    row.refresh_from_db()
    assert (row.state, row.reason) == ("sent", "arrived")
    tell(row, "hard")
    row.refresh_from_db()
    assert (row.state, row.reason, row.reply) == ("failed", "came-back", "250 uncertain")


@pytest.mark.django_db
def test_a_cancelled_mail_keeps_what_the_server_said_of_it() -> None:
    mailing = make_mailing(["deferred"])
    outbox.cancel(mailing)
    row = mailing.deliveries.get()
    assert (row.state, row.reason, row.reply) == ("suppressed", "cancelled", "250 deferred")


@pytest.mark.django_db
def test_a_mail_that_is_sent_after_all_has_no_reason_any_more(settings: Any, tmp_path: Any) -> None:
    settings.MAIL_STATE_DIR = tmp_path
    mailing = make_mailing(["uncertain"])
    mailing.deliveries.update(reason="sender-ended")
    outbox.check_restore()
    outbox.resend_uncertain(mailing)
    claimed = outbox.claim("one", 1)
    outbox.record_and_fence("one", [], claimed)
    outbox.record_and_fence("one", [(claimed[0], DeliveryResult(DeliveryStatus.SENT, "250 ok"))], [])
    row = mailing.deliveries.get()
    assert (row.state, row.reason, row.reply) == ("sent", "", "250 ok")


@pytest.mark.django_db
def test_a_reason_that_nobody_knows_is_refused() -> None:
    make_mailing(["sent"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(reason="whatever")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hant", "寄信程式中途結束"), ("zh-hans", "发信程序中途结束"), ("en", "the sender stopped")],
)
@pytest.mark.parametrize("page", ["/admin/mailing/delivery/", "/admin/mailing/mailing/{}/uncertain/"])
def test_a_reason_is_told_in_the_readers_language(page: str, language: str, words: str) -> None:
    mailing = make_mailing(["uncertain"])
    mailing.deliveries.update(reason="sender-ended")
    client = sign_in("view_delivery", "view_mailing")
    html = client.get(page.format(mailing.pk), headers={"accept-language": language}).content.decode()
    assert words in html and "250 uncertain" in html


# --- rows from before there were reasons -------------------------------------------------------------------------

BEFORE = {
    "left or paused before it was sent": ("left", ""),
    "nothing of what was chosen": ("not-chosen", ""),
    "the mailing was cancelled": ("cancelled", ""),
    "its sender ended in the middle": ("sender-ended", ""),
    ARRIVED: ("arrived", ""),
    "was uncertain; it came back, as was told later": ("came-back", ""),
    "kept on this machine": ("kept", ""),
    "no connection: [Errno 111] Connection refused": ("no-connection", "[Errno 111] Connection refused"),
    "connection lost at MAIL: closed by the server": ("lost", "MAIL: closed by the server"),
    "connection lost after the final dot: timed out": ("lost-at-end", "timed out"),
    "could not be written: KeyError: 'to'": ("not-written", "KeyError: 'to'"),
    "250 2.0.0 kept on this machine": ("", "250 2.0.0 kept on this machine"),
    "the mailing was cancelled by somebody": ("", "the mailing was cancelled by somebody"),
    "": ("", ""),
}


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("mailing", name)])
    return executor.loader.project_state([("mailing", name)]).apps.get_model("mailing", "Delivery")


@pytest.fixture
def newest_afterwards(transactional_db: None) -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.usefixtures("newest_afterwards")
def test_sentences_of_before_become_reasons_and_lose_nothing() -> None:
    subscriber = make_mailing(["sent"]).deliveries.get().subscriber_id
    rows = migrate("0001_initial").objects
    rows.all().delete()
    now = timezone.now()
    for reply in BEFORE:
        rows.create(subscriber_id=subscriber, reply=reply, state="sent", due_at=now, changed_at=now)
    rows = migrate("0004_delivery_reason_known").objects
    assert list(rows.order_by("pk").values_list("reason", "reply")) == list(BEFORE.values())
    rows = migrate("0001_initial").objects
    assert list(rows.order_by("pk").values_list("reply", flat=True)) == list(BEFORE)
