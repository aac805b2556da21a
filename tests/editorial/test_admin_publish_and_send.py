"""Publish and send: one confirmation page and one mailing, however many editors confirm."""

import datetime as dt
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from digest.archive import authoring
from digest.archive.models import Issue, ItemTranslation
from digest.editorial import publishing
from digest.mailing import composing, outbox
from digest.mailing.models import Delivery, Mailing
from digest.subscriptions.models import Subscriber
from tests import factories
from tests.concurrency import at_once
from tests.editorial.editor_client import EditorClient, messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue():
    """A draft with items, and subscribers of two languages."""
    for name, language in (("anna", "en"), ("bo", "en"), ("chen", "zh-hant")):
        factories.make_subscriber(f"{name}@farm.example", language=language)
    factories.make_subscriber("dina@farm.example", rhythm="monthly")
    return factories.make_full_issue(published=False)


def editor_with(*rights: str) -> EditorClient:
    user = get_user_model().objects.create(username="-".join(rights), is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return EditorClient(client)


def test_the_question_shows_the_audience_by_language_and_what_they_get(editor, issue):
    html = editor.visit(f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/").html
    assert "Up to 3 recipients:" in html
    assert "English: 2 · “SNZ Digest 17" in html and "繁體中文: 1 ·" in html
    assert "be published at the same time" in html


def test_it_tells_of_what_is_not_translated_and_of_what_an_import_did_not_understand(editor, issue):
    page = f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/"
    html = editor.visit(page).html
    assert "not available in this language" not in html and "not recognised" not in html
    ItemTranslation.objects.filter(owner=issue.placements.first().item, language="en").delete()
    Issue.objects.filter(pk=issue.pk).update(remainder="a line")
    html = editor.visit(page).html
    assert html.count("1 item is not available in this language") == 1 and "was not recognised" in html


def test_it_tells_of_texts_that_are_out_of_date_in_the_language_of_the_mail(editor, issue):
    address = f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/"
    assert "out of date" not in editor.visit(address).html
    for row in (issue, issue.items.first()):
        authoring.write_text(row, "zh-hant", title="編輯後來改的題目")
    html = editor.visit(address).html
    notes = [line for line in html.splitlines() if "out of date" in line]
    assert notes and all("2 texts are out of date" in line for line in notes)
    assert len(notes) == sum(language in ("en", "bilingual") for language in languages_of_readers())


def languages_of_readers() -> set[str]:
    return set(Subscriber.objects.values_list("language", flat=True))


def test_it_warns_of_a_mail_that_gmail_may_cut_off(editor, issue, monkeypatch):
    page = f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/"
    assert "Gmail" not in editor.visit(page).html
    monkeypatch.setattr(composing, "LARGE_HTML_BYTES", 1_000)
    assert editor.visit(page).html.count("Close to Gmail’s size limit") == 2


def test_it_tells_of_items_that_have_no_room_in_a_mail(editor, monkeypatch):
    factories.make_subscriber(language="en")
    issue = factories.make_full_issue("30", blocks=40, published=False)
    monkeypatch.setattr(composing, "MAX_HTML_BYTES", 12_000)
    html = editor.visit(f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/").html
    assert "items did not fit and appear on the web only" in html


def test_asking_publishes_and_sends_nothing(editor, issue):
    editor.visit(f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/")
    issue.refresh_from_db()
    assert not issue.is_published and not issue.items.published().exists()
    assert not Mailing.objects.exists()


def test_confirmed_it_is_public_and_frozen_and_the_mailings_page_opens(editor, client, issue):
    page = editor.act("publish_and_send", issue, confirmed="yes")
    mailing = Mailing.objects.get()
    assert page.redirect_chain[-1][0] == f"/admin/mailing/mailing/{mailing.pk}/change/"
    assert client.get("/en/issues/17/").status_code == 200
    assert (mailing.audience, Delivery.objects.filter(state="pending").count()) == (3, 3)


def test_a_published_issue_is_sent_without_publishing_it_again(editor, issue, monkeypatch):
    authoring.publish_issue(issue)
    monkeypatch.setattr(authoring, "publish_issue", lambda issue: pytest.fail("published again"))
    editor.act("publish_and_send", issue, confirmed="yes")
    assert Mailing.objects.get().audience == 3


def test_a_second_sending_is_refused_and_leads_to_the_first(editor, issue):
    editor.act("publish_and_send", issue, confirmed="yes")
    for confirmed in ({}, {"confirmed": "yes"}):
        page = editor.act("publish_and_send", issue, **confirmed)
        assert "no one will receive it twice" in messages(page)
        assert f"/mailing/{Mailing.objects.get().pk}/change/" in page.redirect_chain[-1][0]
    assert Delivery.objects.count() == 3


def test_the_day_it_was_sent_is_that_of_the_editors(editor, issue):
    mailing = publishing.publish_and_send(issue)
    evening = dt.datetime(2026, 11, 21, 16, 37, tzinfo=dt.UTC)  # in Taipei the next day has begun
    Mailing.objects.filter(pk=mailing.pk).update(created_at=evening)
    assert "on 2026-11-22," in messages(editor.act("publish_and_send", issue, confirmed="yes"))


def test_the_second_of_two_who_press_at_once_is_told_by_the_verb(issue):
    first = publishing.publish_and_send(issue)
    with pytest.raises(publishing.AlreadySent) as refused:
        publishing.publish_and_send(issue)
    assert refused.value.mailing == first


@pytest.mark.skipif(connection.vendor == "sqlite", reason="the test's SQLite is in memory, for one connection")
@pytest.mark.django_db(transaction=True)
def test_eight_presses_at_once_make_one_mailing(issue):
    def press():
        try:
            return publishing.publish_and_send(issue).pk
        except publishing.AlreadySent:
            return "refused"

    answers = at_once([press] * 8)
    assert sorted(map(str, answers)) == [str(Mailing.objects.get().pk), *["refused"] * 7]
    assert Delivery.objects.count() == 3


def test_both_or_neither(issue, monkeypatch):
    def fail(issue):
        raise outbox_error()

    outbox_error = type("OutboxError", (Exception,), {})
    monkeypatch.setattr(outbox, "start", fail)
    with pytest.raises(outbox_error):
        publishing.publish_and_send(issue)
    issue.refresh_from_db()
    assert not issue.is_published


def test_an_issue_with_nothing_in_it_is_not_sent(editor):
    factories.make_subscriber()
    empty = factories.make_issue(published=False)
    said = messages(editor.act("publish_and_send", empty, confirmed="yes"))
    assert "cannot be sent: it has no content" in said
    empty.refresh_from_db()
    assert not empty.is_published and not Mailing.objects.exists()


def test_with_nobody_there_nothing_is_sent(editor):
    issue = factories.make_full_issue()
    assert "there are no recipients" in messages(editor.act("publish_and_send", issue, confirmed="yes"))
    assert not Mailing.objects.exists()


def test_what_is_known_only_through_look_backs_is_not_sent(editor):
    factories.make_subscriber()
    issue = factories.make_full_issue(record=Issue.Record.PARTIAL)
    assert "only from look-backs" in messages(editor.act("publish_and_send", issue, confirmed="yes"))


def test_two_issues_are_not_sent_at_once(editor, issue):
    assert "one issue at a time" in messages(editor.act("publish_and_send", issue, factories.make_full_issue("18")))


def test_to_send_needs_the_right_to_start_mailings(issue):
    weak, strong = editor_with("view_issue", "change_issue"), editor_with("view_issue", "change_issue", "add_mailing")
    url = f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/"
    assert weak.client.get(url).status_code == 404
    weak.act("publish_and_send", issue, confirmed="yes")
    assert not Mailing.objects.exists()
    assert strong.client.get(url).status_code == 200


def test_who_may_send_but_not_see_mailings_comes_back_to_the_issues(issue):
    page = editor_with("view_issue", "change_issue", "add_mailing").act("publish_and_send", issue, confirmed="yes")
    assert Mailing.objects.count() == 1
    assert (page.redirect_chain[-1][0], page.status_code) == ("/admin/archive/issue/", 200)


def test_the_form_offers_to_send_and_then_leads_to_the_mailing(editor, issue):
    assert f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/" in editor.open(Issue, issue.pk).html
    mailing = publishing.publish_and_send(issue)
    html = editor.open(Issue, issue.pk).html
    assert "publish_and_send" not in html and f"/admin/mailing/mailing/{mailing.pk}/change/" in html


def test_a_lock_is_told_before_sending(editor, issue):
    outbox.lock("restored")
    assert "Sending is locked" in editor.visit(f"/admin/archive/issue/{issue.pk}/ask/publish_and_send/").html


def test_a_sent_issue_cannot_be_deleted(editor, issue):
    publishing.publish_and_send(issue)
    editor.delete(issue)
    assert Issue.objects.filter(pk=issue.pk).exists()


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans", "en", "bilingual"])
def test_a_draft_s_mail_can_be_read_before_it_is_sent_and_stays_a_draft(editor, issue, language):
    page = editor.client.get(f"/admin/archive/issue/{issue.pk}/mail/{language}/").content.decode()
    frame = editor.client.get(f"/admin/archive/issue/{issue.pk}/mail/{language}/html/")
    assert composing.compose([published(issue)], language).subject in unescape(page)
    assert "plain text version" in page.lower() and "kB (limit: 90 kB)" in page
    assert "sandbox" in frame["Content-Security-Policy"] and "~" not in frame.content.decode()
    others = {"zh-hant", "zh-hans", "en", "bilingual"} - {language}
    assert all(f'/mail/{other}/"' in page for other in others) and f'/mail/{language}/"' not in page


def published(issue):
    authoring.publish_issue(issue)
    return issue


def test_a_preview_publishes_nothing_and_mails_nobody(editor, issue):
    assert editor.client.get(f"/admin/archive/issue/{issue.pk}/mail/en/").status_code == 200
    issue.refresh_from_db()
    assert not issue.is_published and not issue.items.published().exists()
    assert not Mailing.objects.exists() and not Delivery.objects.exists()


def test_there_is_no_preview_of_what_has_none_or_for_those_who_may_not_look(editor, issue):
    empty = factories.make_issue("18", published=False)
    answer = editor.client.get(f"/admin/archive/issue/{empty.pk}/mail/en/", follow=True)
    assert "it has no content" in messages(answer)
    for path in (f"{issue.pk}/mail/fr/", "999999/mail/en/", f"{empty.pk}/mail/en/html/"):
        assert editor.client.get(f"/admin/archive/issue/{path}").status_code == 404
    outsider = editor_with("view_source").client
    assert outsider.get(f"/admin/archive/issue/{issue.pk}/mail/en/").status_code == 403
    assert outsider.get(f"/admin/archive/issue/{issue.pk}/mail/en/html/").status_code == 403
