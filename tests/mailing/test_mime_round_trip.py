"""Mails on their way through a real SMTP server: all kinds in all languages arrive, pass the checks and verify."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import dkim
import pytest
from django.core.management import call_command

from digest.mailing import outbox
from digest.mailing.message_ids import delivery_id_from
from digest.mailing.models import Delivery
from digest.subscriptions import tokens
from digest.subscriptions.models import Notice, Subscriber
from tests.factories import make_full_issue, make_subscriber
from tests.mailing.dkim_key import make_key
from tests.mailing.email_checker import TOKEN, parsed
from tests.mailing.emails import LANGUAGES
from tests.mailing.mail_server import Mailbox, Received, mail_server

pytestmark = pytest.mark.django_db(transaction=True)
PEM, RECORD = make_key()
SITE = "https://digest.example.org"


@pytest.fixture
def mailbox(settings: Any, tmp_path: Any) -> Iterator[Mailbox]:
    """What arrives at a server that our settings name, signed by ourselves."""
    key = tmp_path / "dkim.pem"
    key.write_text(PEM)
    settings.SITE_URL, settings.MAIL_STATE_DIR = SITE, tmp_path
    settings.MAIL_FROM, settings.MAIL_BOUNCES = "digest@digest.example.org", "bounces@digest.example.org"
    settings.DKIM_KEY_FILE, settings.DKIM_SELECTOR = str(key), "s2024"
    with mail_server() as (mailbox, url):
        settings.MAIL_TRANSPORT, settings.SMTP_URL = "smtp", url
        yield mailbox


def send() -> None:
    call_command("send_mailings", once=True, connections=2)


def asked_dns(name: bytes, timeout: int = 5) -> bytes:
    assert name == b"s2024._domainkey.digest.example.org."
    return RECORD


def verifies(mail: Received) -> bool:
    return dkim.verify(mail.raw, dnsfunc=asked_dns, minkey=1024)


def signed_names(mail: Received) -> list[str]:
    signature = "".join(message_from_bytes(mail.raw)["DKIM-Signature"].split())
    return re.search(r";h=([^;]+)", signature)[1].lower().split(":")


def subscribe_all() -> dict[str, Subscriber]:
    return {
        f"{language}@farm.example": make_subscriber(f"{language}@farm.example", language=language)
        for language in LANGUAGES
    }


def test_f1_an_issue_arrives_in_every_language_signed_with_both_ways_out(mailbox: Mailbox) -> None:
    subscribers = subscribe_all()
    outbox.start(make_full_issue())
    send()
    assert sorted(mail.recipient for mail in mailbox.mails) == sorted(subscribers)
    for mail in mailbox.mails:
        assert verifies(mail)
        assert {"list-unsubscribe", "list-unsubscribe-post", "feedback-id", "list-id"} <= set(signed_names(mail))
        assert not verifies(mail._replace(raw=mail.raw.replace(b"One-Click", b"Two-Click")))


@pytest.mark.parametrize("kind", Notice.Kind.values)
def test_a_notice_of_each_kind_arrives_in_every_language_and_verifies(mailbox: Mailbox, kind: str) -> None:
    for subscriber in subscribe_all().values():
        if kind == Notice.Kind.NEW_ADDRESS:
            Subscriber.objects.filter(pk=subscriber.pk).update(new_address=f"new-{subscriber.address}")
        if kind in (Notice.Kind.CONFIRM, Notice.Kind.REMINDER):
            Subscriber.objects.filter(pk=subscriber.pk).update(state="pending", confirmed_at=None)
        Notice.objects.create(subscriber=subscriber, kind=kind)
    send()
    assert [verifies(mail) for mail in mailbox.mails] == [True] * len(LANGUAGES)
    assert {mail.recipient.removeprefix("new-").split("@")[0] for mail in mailbox.mails} == set(LANGUAGES)
    assert all(parsed(mail.raw).is_notice for mail in mailbox.mails)


def test_f7_each_mail_tells_its_delivery_and_its_tokens_are_its_readers_own(mailbox: Mailbox) -> None:
    subscribers = subscribe_all()
    outbox.start(make_full_issue())
    send()
    for mail in mailbox.mails:
        message = message_from_bytes(mail.raw)
        delivery = Delivery.objects.get(pk=delivery_id_from(message["Message-ID"]))
        assert delivery_id_from(mail.sender) == delivery.pk
        assert delivery.state == "sent" and delivery.subscriber == subscribers[mail.recipient] == reader_of(mail)


def reader_of(mail: Received) -> Subscriber | None:
    """Whom the way out in this mail's header leads out."""
    token = re.search(TOKEN, message_from_bytes(mail.raw)["List-Unsubscribe"])[0]
    return tokens.read(tokens.Purpose.UNSUBSCRIBE, token)
