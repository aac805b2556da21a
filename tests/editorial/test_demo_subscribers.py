"""The demo's subscribers: invented, of all languages and choices; issue 17 is sent to nobody else."""

import csv
import io
import re

import pytest
from django.conf import settings as portal
from django.core.management import call_command
from django.utils import timezone

from digest.archive.models import Topic
from digest.archive.topic_loader import load_topics
from digest.editorial import demo_subscribers
from digest.mailing import demo_outbox, outbox
from digest.mailing.models import Mailing
from digest.mailing.results import OutgoingMessage
from digest.mailing.transports import FolderTransport
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber
from tests import factories

pytestmark = pytest.mark.django_db
FILE = portal.BASE_DIR / "fixtures" / "demo" / "subscribers.csv"
RESERVED = re.compile(r"[a-z.-]+@(example\.(org|com|net)|[a-z-]+\.example)")  # RFC 2606


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.MAIL_STATE_DIR, settings.DEMO_SENDER = tmp_path, True


@pytest.fixture
def readers():
    load_topics(portal.BASE_DIR / "fixtures" / "topics.json")
    assert demo_subscribers.load_subscribers(FILE) == 30
    return Subscriber.objects.all()


def test_they_read_every_language_and_make_every_kind_of_choice(readers):
    assert set(readers.values_list("language", flat=True)) == {"zh-hant", "zh-hans", "en", "bilingual"}
    assert set(readers.values_list("rhythm", flat=True)) == {"issue", "monthly"}
    for field in ("sections", "topics"):
        assert readers.filter(**{field: ""}).exists() and readers.exclude(**{field: ""}).exists()
    assert readers.filter(paused_until__gt=timezone.localdate()).exists()
    assert readers.filter(state="unsubscribed").exists()


def test_nobody_real_is_among_them(readers):
    assert all(RESERVED.fullmatch(reader.address) for reader in readers)


def test_every_topic_of_the_file_is_one_of_ours(readers):
    with FILE.open(encoding="utf-8", newline="") as opened:
        slugs = {slug for row in csv.DictReader(opened) for slug in row["topics"].split(",") if slug}
    assert slugs == set(Topic.objects.filter(slug__in=slugs).values_list("slug", flat=True))


def test_each_has_a_proof_of_consent_and_no_mail_asks_again(readers):
    assert set(ConsentEvent.objects.values_list("subscriber", flat=True)) == set(readers.values_list("pk", flat=True))
    assert not Notice.objects.exists()


def test_readers_that_are_there_are_left_alone():
    factories.make_subscriber()
    assert demo_subscribers.load_subscribers(FILE) == 0


def test_issue_17_is_frozen_for_those_who_want_every_issue(readers):
    factories.make_full_issue("17", blocks=10)
    mailing = demo_subscribers.start_mailing()
    assert mailing.audience == mailing.deliveries.count() == readers.due("issue", timezone.localdate()).count() == 25


def test_a_new_database_begins_with_an_empty_outbox_and_unlocked(readers, tmp_path):
    """An earlier demo has sent from this folder and left a file that would lock the outbox."""
    factories.make_full_issue("17")
    (tmp_path / "mark").write_text("400")
    FolderTransport(tmp_path / "outbox").send(OutgoingMessage("", "old@farm.example", [b"Subject: old\r\n\r\n"]))
    demo_subscribers.start_mailing()
    outbox.check_restore()
    assert not outbox.is_locked() and demo_outbox.saved_emails() == []


def test_an_archive_of_ones_own_without_issue_17_is_sent_to_nobody(readers):
    factories.make_full_issue("16")
    factories.make_full_issue("17", published=False)
    assert demo_subscribers.start_mailing() is None
    assert not Mailing.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_where_mail_is_real_the_command_makes_no_readers(settings, monkeypatch):
    settings.MAIL_TRANSPORT = "smtp"
    monkeypatch.setattr("digest.editorial.demo.load_archive", lambda *args: None)
    out = io.StringIO()
    call_command("demo", stdout=out)
    assert not Subscriber.objects.exists() and "/outbox/" not in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_command_says_where_the_mails_are_and_run_again_keeps_them(monkeypatch):
    monkeypatch.setattr("digest.editorial.demo.load_archive", lambda *args: factories.make_full_issue("17"))
    out = io.StringIO()
    call_command("demo", stdout=out)
    call_command("send_mailings", once=True, connections=1, stdout=io.StringIO())
    kept = len(demo_outbox.saved_emails())
    call_command("demo", stdout=out)
    assert "http://testserver/outbox/" in out.getvalue()
    assert Mailing.objects.count() == 1 and len(demo_outbox.saved_emails()) == kept > 0
