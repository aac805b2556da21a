"""A mailing's page: how it stands, drawn and counted; the list; the editions as readers see them."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from digest.mailing import outbox
from digest.mailing.admin.progress import count_waiting, progress_of
from digest.mailing.models import Delivery, Mailing
from tests.mailing.admin_users import make_mailing, sign_in

pytestmark = pytest.mark.django_db
STATES = [*Delivery.State.values, "sent", "sent", "sent"]


@pytest.fixture
def viewer():
    return sign_in("view_mailing", "view_delivery")


def page_of(client, mailing, path="") -> str:
    response = client.get(f"/admin/mailing/mailing/{mailing.pk}/{path or 'change/'}")
    assert response.status_code == 200
    return response.content.decode()


def test_counts_by_state_and_by_language_both_sum_up_to_the_audience():
    progress = progress_of(make_mailing(STATES))
    assert progress.counts == {**dict.fromkeys(Delivery.State.values, 1), "sent": 4}
    assert sum(bar.total for bar in progress.states) == sum(bar.total for bar in progress.languages) == 12
    assert [bar.total for bar in progress.languages] == [3, 3, 3, 3]
    assert progress.is_balanced and progress.audience == 12


def test_what_waits_is_all_that_is_open():
    mailing = make_mailing(STATES)
    assert count_waiting(mailing) == progress_of(mailing).waiting == len(Delivery.OPEN)


def test_a_bar_is_as_long_as_its_share():
    progress = progress_of(make_mailing(["sent", "sent", "failed", "pending"]))
    assert [(part.state, part.start, part.width) for part in progress.whole.segments] == [
        ("sent", "0.00%", "50.00%"),
        ("failed", "50.00%", "25.00%"),
        ("pending", "75.00%", "25.00%"),
    ]


def test_rate_and_time_left_come_from_the_last_minute():
    mailing = make_mailing(["sent"] * 7 + ["pending"] * 6)
    sent = mailing.deliveries.filter(state="sent")
    sent.update(changed_at=timezone.now() - dt.timedelta(seconds=10))
    Delivery.objects.filter(pk=sent[0].pk).update(changed_at=timezone.now() - dt.timedelta(hours=1))
    progress = progress_of(mailing)
    assert (progress.rate, progress.left, f"{progress.minutes}:{progress.seconds}") == (0.1, 60, "1:00")


def test_at_the_beginning_the_rate_counts_from_the_first_mail():
    mailing = make_mailing(["sent"] * 6 + ["pending"] * 6)
    Mailing.objects.update(created_at=timezone.now() - dt.timedelta(hours=1))  # long before its sender came
    Delivery.objects.filter(state="sent").update(changed_at=timezone.now() - dt.timedelta(seconds=10))
    assert progress_of(mailing).rate == pytest.approx(0.6, rel=0.1)


@pytest.mark.parametrize(("states", "minutes", "is_told"), [
    (["pending", "sent"], 2, True), (["pending", "sent"], 0, False),
    (["pending", "claimed"], 2, False), (["deferred", "sent"], 2, False),
])  # fmt: skip
def test_mails_that_wait_while_nobody_sends_are_told(viewer, states, minutes, is_told):
    mailing = make_mailing(states)
    Delivery.objects.update(changed_at=timezone.now() - dt.timedelta(minutes=minutes))
    assert ("Is a sender running" in page_of(viewer, mailing)) == is_told


def test_the_page_can_be_kept_still(viewer):
    mailing = make_mailing()
    assert 'href="?still"' in page_of(viewer, mailing)
    html = viewer.get(f"/admin/mailing/mailing/{mailing.pk}/change/?still").content.decode()
    assert 'http-equiv="refresh"' not in html and "Resume updates" in html


def test_nothing_sent_lately_gives_no_time_left():
    assert progress_of(make_mailing(["pending"])).left is None


@pytest.mark.parametrize(("state", "states", "refreshes"), [
    ("sending", ["pending"], True),
    ("paused", ["pending"], False),
    ("cancelled", ["suppressed"], False),
    ("finished", ["sent"], False),
])  # fmt: skip
def test_the_page_refreshes_itself_only_while_it_sends(viewer, state, states, refreshes):
    html = page_of(viewer, make_mailing(states, state=state))
    assert ('http-equiv="refresh"' in html) == refreshes


def test_the_page_shows_the_identity_and_complains_if_it_does_not_hold(viewer):
    mailing = make_mailing(["sent", "pending"])
    assert "recipients: none missing, none duplicated" in page_of(viewer, mailing)
    Mailing.objects.update(audience=3)
    assert "but there are 3 recipients" in page_of(viewer, mailing)


def test_the_page_has_no_inline_style_or_script(viewer):
    content = page_of(viewer, make_mailing(STATES)).partition('id="content"')[2]
    assert "<svg" in content
    assert not re.search(r"style=|<style|<script(?! src)|onclick", content)


def test_whoever_only_views_has_no_buttons(viewer):
    html = page_of(viewer, make_mailing(["failed", "pending"]))
    assert ">Pause<" not in html and "Cancel" not in html and "/do/" not in html


@pytest.mark.parametrize(("state", "shown"), [
    ("sending", {"pause", "cancel", "retry_failed"}),
    ("paused", {"resume", "cancel", "retry_failed"}),
    ("finished", {"retry_failed"}),
    ("cancelled", set()),
])  # fmt: skip
def test_buttons_are_those_that_can_do_something(state, shown):
    html = page_of(sign_in("change_mailing"), make_mailing(["failed", "sent"], state=state))
    assert set(re.findall(r"/do/(\w+)/", html)) == shown


def test_a_pause_after_faults_of_the_server_is_told(viewer):
    mailing = make_mailing()
    outbox.record_fault("421 <too> busy")
    html = page_of(viewer, mailing)
    assert "The mail server reported an error" in html and "421 &lt;too&gt; busy" in html


def test_the_list_shows_how_far_each_is(viewer):
    make_mailing(["sent", "failed", "pending"])
    html = viewer.get("/admin/mailing/mailing/").content.decode()
    assert '<progress max="3" value="2"></progress> 2 / 3' in html


def test_what_is_over_is_not_counted_for_the_list(viewer, django_assert_max_num_queries):
    make_mailing(["sent"] * 3, state="finished")
    with django_assert_max_num_queries(8):
        assert "3 / 3" in viewer.get("/admin/mailing/mailing/").content.decode()


def test_the_page_takes_a_fixed_number_of_queries(viewer, django_assert_max_num_queries):
    mailing = make_mailing(STATES * 3)
    with django_assert_max_num_queries(15):
        page_of(viewer, mailing)


def test_editions_are_listed_with_subject_and_size(viewer):
    mailing = make_mailing()
    html = page_of(viewer, mailing)
    for edition in mailing.editions.all():
        assert f"edition/{edition.pk}/" in html and edition.subject in html


def test_an_edition_shows_its_text_and_its_html_in_a_sandboxed_frame(viewer):
    mailing = make_mailing()
    edition = mailing.editions.get(language="en")
    response = viewer.get(f"/admin/mailing/mailing/{mailing.pk}/edition/{edition.pk}/")
    html = response.content.decode()
    frame = html.partition("<iframe")[2].partition(">")[0]
    assert 'class="mail"' in frame and 'sandbox="allow-same-origin allow-popups' in frame and "Paddy trial" in html
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]


def test_the_frame_can_run_nothing_and_shows_nobodys_links(viewer):
    mailing = make_mailing()
    edition = mailing.editions.get(language="en")
    response = viewer.get(f"/admin/mailing/mailing/{mailing.pk}/edition/{edition.pk}/html/")
    policy = response.headers["Content-Security-Policy"]
    assert "sandbox allow-same-origin allow-popups" in policy and "script" not in policy
    assert "default-src 'none'" in policy and "style-src 'unsafe-inline'" in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "~unsubscribe" not in response.content.decode()


def test_an_edition_of_another_mailing_is_not_here(viewer):
    mailing = make_mailing()
    edition = mailing.editions.first()
    for path in ("", "html/"):
        assert viewer.get(f"/admin/mailing/mailing/{mailing.pk + 1}/edition/{edition.pk}/{path}").status_code == 404
        assert viewer.get(f"/admin/mailing/mailing/{mailing.pk}/edition/{edition.pk + 99}/{path}").status_code == 404


def test_mails_are_found_by_their_whole_address_and_have_a_page(viewer):
    mailing = make_mailing(["failed", "sent"])
    html = viewer.get("/admin/mailing/delivery/?q=reader0@farm.example").content.decode()
    assert "reader0@farm.example" in html and "reader1@farm.example" not in html
    row = mailing.deliveries.get(state="failed")
    html = viewer.get(f"/admin/mailing/delivery/{row.pk}/change/").content.decode()
    assert f".{row.pk}." in html and "250 failed" in html


def test_no_mail_is_added_changed_or_deleted_by_hand(admin_client):
    row = make_mailing(["sent"]).deliveries.get()
    assert admin_client.get("/admin/mailing/delivery/add/").status_code == 403
    assert admin_client.post(f"/admin/mailing/delivery/{row.pk}/change/", {"state": "pending"}).status_code == 403
    assert admin_client.post(f"/admin/mailing/delivery/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert (
        admin_client.post(f"/admin/mailing/mailing/{row.mailing_id}/change/", {"state": "paused"}).status_code == 405
    )
    assert admin_client.get("/admin/mailing/mailing/add/").status_code == 403
