"""What operators press: pause, resume, cancel, try again, send again, lock, unlock; and who may."""

import datetime as dt
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from digest.mailing import outbox
from digest.mailing.message_ids import message_id
from digest.mailing.models import Delivery, MailEvent, Mailing, OutboxState
from digest.mailing.outbox.state import RESTORED
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber
from tests import factories
from tests.mailing.admin_users import make_mailing, sign_in

pytestmark = pytest.mark.django_db
OPERATIONS = ["pause", "resume", "cancel", "retry_failed"]


@pytest.fixture
def operator():
    return sign_in("view_mailing", "change_mailing")


def press(client, mailing, verb):
    return client.post(f"/admin/mailing/mailing/{mailing.pk}/do/{verb}/", follow=True)


def state_of(mailing) -> str:
    return Mailing.objects.values_list("state", flat=True).get(pk=mailing.pk)


def test_pause_and_resume(operator):
    mailing = make_mailing()
    assert "Done: Pause." in press(operator, mailing, "pause").content.decode()
    assert state_of(mailing) == "paused"
    press(operator, mailing, "resume")
    assert state_of(mailing) == "sending"


def test_cancel_asks_first_and_then_crosses_off_who_has_no_mail(operator):
    mailing = make_mailing(["sent", "pending", "deferred"])
    question = operator.get(f"/admin/mailing/mailing/{mailing.pk}/do/cancel/").content.decode()
    assert "Cancel this mailing?" in question and state_of(mailing) == "sending"
    press(operator, mailing, "cancel")
    assert state_of(mailing) == "cancelled"
    assert outbox.counts_by_state(mailing)["suppressed"] == 2


def test_what_failed_or_was_given_up_is_tried_again(operator):
    mailing = make_mailing(["failed", "expired", "sent"], state="finished")
    press(operator, mailing, "retry_failed")
    assert (outbox.counts_by_state(mailing)["pending"], state_of(mailing)) == (2, "sending")


def test_a_button_pressed_too_late_changes_nothing_and_says_so(operator):
    mailing = make_mailing(["sent"], state="finished")
    for verb in OPERATIONS:
        assert "Nothing to do: the mailing is finished." in press(operator, mailing, verb).content.decode()
    assert state_of(mailing) == "finished"


def test_each_act_is_in_the_log(operator):
    mailing = make_mailing()
    press(operator, mailing, "pause")
    press(operator, mailing, "pause")
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Pause"]


@pytest.mark.parametrize("verb", OPERATIONS)
def test_to_press_needs_the_right_to_change(verb):
    mailing = make_mailing(["failed", "pending"])
    for client in (sign_in("view_mailing"), sign_in()):
        assert press(client, mailing, verb).status_code == 403
        assert client.get(f"/admin/mailing/mailing/{mailing.pk}/do/{verb}/").status_code == 403
    assert state_of(mailing) == "sending" and outbox.counts_by_state(mailing)["failed"] == 1


def test_pages_need_the_right_to_view_and_a_login(client):
    mailing = make_mailing()
    edition = mailing.editions.first()
    for path in ("change/", "uncertain/", f"edition/{edition.pk}/", f"edition/{edition.pk}/html/"):
        url = f"/admin/mailing/mailing/{mailing.pk}/{path}"
        assert sign_in("view_issue").get(url).status_code == 403
        assert client.get(url).status_code == 302


def test_there_are_no_other_verbs(operator):
    mailing = make_mailing()
    for verb in ("delete", "start", "__class__"):
        assert operator.post(f"/admin/mailing/mailing/{mailing.pk}/do/{verb}/").status_code == 404
    assert operator.post("/admin/mailing/mailing/999/do/pause/").status_code == 404


def test_a_forged_post_is_refused(operator):
    operator.handler.enforce_csrf_checks = True
    mailing = make_mailing()
    assert press(operator, mailing, "pause").status_code == 403


# --- uncertain ---------------------------------------------------------------------------------------------------


def resend(client, mailing, **data):
    data = {"seen_at": timezone.now().isoformat(), **data}
    return client.post(f"/admin/mailing/mailing/{mailing.pk}/uncertain/", data, follow=True)


def test_uncertain_mails_are_listed_and_no_others(operator):
    mailing = make_mailing(["uncertain", "sent", "uncertain"])
    html = operator.get(f"/admin/mailing/mailing/{mailing.pk}/uncertain/").content.decode()
    assert html.count('name="delivery"') == 2
    assert "reader0@farm.example" in html and "reader1@farm.example" not in html


def test_the_chosen_are_sent_again_with_the_same_message_id(operator):
    mailing = make_mailing(["uncertain", "uncertain", "sent"], state="finished")
    chosen, other = mailing.deliveries.filter(state="uncertain").order_by("pk")
    before = message_id(chosen.pk, mailing.pk)
    resend(operator, mailing, which="chosen", delivery=[chosen.pk])
    states = dict(mailing.deliveries.values_list("pk", "state"))
    assert (states[chosen.pk], states[other.pk], state_of(mailing)) == ("pending", "uncertain", "sending")
    assert message_id(chosen.pk, mailing.pk) == before


def test_all_are_sent_again(operator):
    mailing = make_mailing(["uncertain", "uncertain", "sent"])
    assert "2 emails will be sent again." in resend(operator, mailing, which="all").content.decode()
    assert outbox.counts_by_state(mailing)["pending"] == 2


def test_without_a_choice_nothing_is_sent(operator):
    mailing = make_mailing(["uncertain"])
    assert "No emails were selected." in resend(operator, mailing, which="chosen").content.decode()
    assert outbox.counts_by_state(mailing)["uncertain"] == 1


def test_a_mail_that_is_not_uncertain_or_not_of_this_mailing_is_never_sent_again(operator):
    sent = make_mailing(["sent"])
    row = sent.deliveries.get()
    resend(operator, sent, which="chosen", delivery=[row.pk, 10**15])
    assert Delivery.objects.get().state == "sent"


@pytest.mark.parametrize("which", ["all", "chosen"])
def test_a_second_press_sends_no_third_copy_however_fast_the_first_one_went(operator, which):
    mailing = make_mailing(["uncertain"])
    page = operator.get(f"/admin/mailing/mailing/{mailing.pk}/uncertain/").content.decode()
    pressed = {"which": which, "delivery": [mailing.deliveries.get().pk]}
    pressed["seen_at"] = re.search(r'name="seen_at" value="([^"]+)"', page)[1]
    resend(operator, mailing, **pressed)
    later = timezone.now() + dt.timedelta(milliseconds=1)
    Delivery.objects.update(state="uncertain", changed_at=later)  # the second copy is uncertain, too
    assert "Nothing to do" in resend(operator, mailing, **pressed).content.decode()
    assert Delivery.objects.get().state == "uncertain"


@pytest.mark.parametrize("text", ["", "x", "2026-11-21", "2026-11-21T10:00:00", "2026-99-21T10:00:00Z"])
def test_without_the_time_of_its_page_a_press_is_not_found(operator, text):
    assert resend(operator, make_mailing(["uncertain"]), which="all", seen_at=text).status_code == 404


@pytest.mark.parametrize("text", ["x", "1.5", "-1", "9" * 30, "１"])
def test_nonsense_for_a_number_is_not_found(operator, text):
    assert resend(operator, make_mailing(["uncertain"]), which="chosen", delivery=[text]).status_code == 404


def test_of_a_cancelled_mailing_nothing_is_sent_again(operator):
    mailing = make_mailing(["uncertain"], state="cancelled")
    assert 'name="which"' not in operator.get(f"/admin/mailing/mailing/{mailing.pk}/uncertain/").content.decode()
    assert "the mailing is cancelled" in resend(operator, mailing, which="all").content.decode()


def test_to_send_again_needs_the_right_to_change():
    mailing = make_mailing(["uncertain"])
    assert resend(sign_in("view_mailing"), mailing, which="all").status_code == 403
    assert outbox.counts_by_state(mailing)["uncertain"] == 1


# --- the lock ----------------------------------------------------------------------------------------------------


def test_when_mail_is_locked_every_page_says_why():
    mailing = make_mailing()
    outbox.lock("the database was put back to an earlier state")
    client = sign_in("view_mailing", "view_outboxstate", "change_outboxstate")
    for url in (f"/admin/mailing/mailing/{mailing.pk}/change/", "/admin/mailing/outboxstate/"):
        assert "the database was put back to an earlier state" in client.get(url).content.decode()


def test_the_page_of_the_lock_names_what_may_have_gone_already():
    make_mailing(["sent", "pending", "in-data", "deferred"])
    outbox.lock("restored")
    html = sign_in("view_outboxstate").get("/admin/mailing/outboxstate/").content.decode()
    assert '<td class="number">3</td>' in html and "issue 17" in html


def test_unlocking_lets_mail_leave_and_needs_the_right(settings, tmp_path):
    settings.MAIL_STATE_DIR = tmp_path
    make_mailing()
    outbox.lock("restored")
    assert sign_in("view_outboxstate").post("/admin/mailing/outboxstate/unlock/").status_code == 403
    assert outbox.is_locked() and outbox.claim("a-sender", 5) == []
    assert sign_in("change_outboxstate").post("/admin/mailing/outboxstate/unlock/").status_code == 302
    assert not outbox.is_locked() and len(outbox.claim("a-sender", 5)) == 4


def test_an_operator_can_stop_all_mail():
    sign_in("change_outboxstate").post("/admin/mailing/outboxstate/lock/")
    assert outbox.is_locked() and OutboxState.objects.get().lock_reason == "locked by change_outboxstate"


def test_a_link_locks_and_unlocks_nothing():
    client = sign_in("change_outboxstate")
    assert client.get("/admin/mailing/outboxstate/lock/").status_code == 405
    assert client.get("/admin/mailing/outboxstate/unlock/").status_code == 405
    assert sign_in().get("/admin/mailing/outboxstate/").status_code == 403


def test_the_page_of_the_lock_opens_before_anything_was_sent():
    assert "Sending is enabled." in sign_in("view_outboxstate").get("/admin/mailing/outboxstate/").content.decode()


def test_why_mail_is_locked_is_told_in_the_operators_language():
    outbox.lock(RESTORED)
    client = sign_in("view_outboxstate")
    html = client.get("/admin/mailing/outboxstate/", headers={"accept-language": "zh-hant"}).content.decode()
    assert "資料庫已還原到較早的狀態" in html and RESTORED not in html


# --- a subscriber's page -----------------------------------------------------------------------------------------


def test_a_subscribers_page_shows_every_mails_fate_and_the_consent_history():
    row = make_mailing(["sent"]).deliveries.get()
    evening = dt.datetime(2026, 11, 21, 16, 37, tzinfo=dt.UTC)
    MailEvent.objects.create(
        event_id="e1", delivery=row, subscriber=row.subscriber, kind="soft", status="4.2.2", at=evening
    )
    ConsentEvent.objects.create(subscriber=row.subscriber, kind="confirmed", way="subscribe-page", at=evening)
    client = sign_in("view_subscriber", "view_delivery", "view_consentevent")
    html = client.get(f"/admin/subscriptions/subscriber/{row.subscriber_id}/change/").content.decode()
    taipei = ("2026-11-22 00:37 soft bounce 4.2.2", "confirmed 2026-11-22")
    for told in ("issue 17", "250 sent", "subscribe-page", *taipei):
        assert told in html


def test_notices_are_told_by_their_kind_even_when_they_are_gone():
    anna = factories.make_subscriber(state="pending")
    Notice.objects.create(subscriber=anna, kind="confirm")
    outbox.run_maintenance()
    Delivery.objects.update(state="sent")
    Notice.objects.all().delete()
    client = sign_in("view_subscriber", "view_delivery")
    html = client.get(f"/admin/subscriptions/subscriber/{anna.pk}/change/").content.decode()
    assert "confirmation request" in html


def test_a_subscribers_page_takes_a_fixed_number_of_queries(django_assert_max_num_queries):
    make_mailing(["sent"], number="16")
    anna = Subscriber.objects.get()
    outbox.start(factories.make_full_issue("17"))
    client = sign_in("view_subscriber", "view_delivery", "view_consentevent")
    with django_assert_max_num_queries(14):
        client.get(f"/admin/subscriptions/subscriber/{anna.pk}/change/")
