"""The operators' admin: it shows, ends and corrects; it raises nobody's consent."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from digest.subscriptions import unsubscribing
from digest.subscriptions.admin import confirmation
from digest.subscriptions.consent import ConsentSource, record_event
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber, Suppression
from tests.factories import make_subscriber, make_topic
from tests.subscriptions.forms import SECTIONS, subscribe, text_of
from tests.subscriptions.test_addresses import ACCEPTED, REFUSED

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/subscriptions/subscriber/", "/admin/subscriptions/subscriber/add/"


@pytest.fixture
def desk(admin_client: Client) -> Client:
    admin_client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return admin_client


def add(desk: Client, address: str, **fields) -> HttpResponse:
    chosen = {"language": "en", "sections": SECTIONS, "rhythm": "issue", "paused_until": ""}
    return desk.post(ADD, {"address": address, **chosen, **fields})


def act(desk: Client, action: str, *rows: Subscriber, **fields) -> HttpResponse:
    return desk.post(LIST, {"action": action, "_selected_action": [row.pk for row in rows], **fields}, follow=True)


def test_who_is_added_by_hand_waits_for_confirmation(desk):
    topic = make_topic()
    make_topic("Compost")
    answer = add(desk, "Anna@farm.tw", sections=["news"], topics=[topic.pk])
    assert answer.status_code == 302
    row = Subscriber.objects.get()
    assert (row.state, row.sections, row.topics) == ("pending", "news", str(topic.pk))
    assert (row.address, row.address_key) == ("Anna@farm.tw", "anna@farm.tw")
    assert Notice.objects.get().kind == "confirm"
    event = row.consent_events.get()
    assert (event.kind, event.way, event.text_version) == ("requested", "admin:admin", "")


@pytest.mark.parametrize("name", REFUSED)
def test_each_class_of_bad_address_is_refused(desk, name):
    answer = add(desk, REFUSED[name])
    assert answer.status_code == 200 and "errorlist" in answer.content.decode()
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("name", ACCEPTED)
def test_each_class_of_good_address_is_stored_as_by_the_form(desk, name):
    typed, key = ACCEPTED[name]
    add(desk, typed)
    assert Subscriber.objects.get().address_key == key


@pytest.mark.parametrize("state", ["pending", "active", "unsubscribed", "bounced", "complained", "blocked", "erased"])
def test_nobody_who_is_known_is_added_again(desk, state):
    row = make_subscriber(address="anna@farm.tw")
    if state == "erased":
        unsubscribing.erase(row, ConsentSource("test"))
    else:
        Subscriber.objects.update(state=state)
    assert "errorlist" in add(desk, "anna@farm.tw").content.decode()
    assert Subscriber.objects.get().state == state and not Notice.objects.exists()


def test_choices_are_changed_and_written_down_and_nothing_else_can_be(desk):
    row = make_subscriber(state="unsubscribed", language="en")
    fields = {"language": "zh-hans", "sections": ["data"], "rhythm": "monthly", "paused_until": ""}
    forged = {"state": "active", "address": "eve@evil.tw", "confirmed_at_0": "2026-01-01"}
    page = f"{LIST}{row.pk}/change/"
    assert desk.post(page, {**hidden(desk, page), **fields, **forged}).status_code == 302
    row.refresh_from_db()
    assert (row.language, row.sections, row.rhythm) == ("zh-hans", "data", "monthly")
    assert (row.state, row.address) == ("unsubscribed", "anna@farm.example")
    assert row.consent_events.get().way == "admin:admin"


def hidden(desk: Client, path: str) -> dict[str, str]:
    """What the page's lists of rows send along."""
    html = desk.get(path).content.decode()
    return dict(re.findall(r'name="([a-z_]+-(?:TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS)" value="(\d+)"', html))


def test_the_history_of_consent_is_shown_and_cannot_be_edited(desk):
    row = make_subscriber()
    record_event(row, "confirmed", ConsentSource("confirm-page", "192.0.2.0/24", "en"))
    html = desk.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "confirm-page" in html and "192.0.2.0/24" in html
    assert 'name="consent_events-0-way"' not in html and 'type="text" name="consent' not in html


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("unsubscribe", "active", "unsubscribed"),
        ("block", "active", "blocked"),
        ("reinstate", "bounced", "active"),
        ("reinstate", "unsubscribed", "unsubscribed"),
        ("reinstate", "complained", "unsubscribed"),
        ("reinstate", "blocked", "unsubscribed"),
        ("erase", "active", "erased"),
    ],
)
def test_an_action_asks_first_and_then_acts_by_its_verb(desk, action, before, after):
    row = make_subscriber(state=before)
    assert "Yes, continue" in act(desk, action, row).content.decode()
    row.refresh_from_db()
    assert row.state == before
    act(desk, action, row, confirmed="yes", reason="Asked for by telephone")
    row.refresh_from_db()
    assert row.state == after
    assert ConsentEvent.objects.count() == (before != after)


def test_no_row_can_be_deleted(desk):
    row = make_subscriber()
    assert desk.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    act(desk, "delete_selected", row, post="yes")
    assert Subscriber.objects.exists()


def test_the_list_is_searched_and_filtered_in_few_queries(desk, django_assert_max_num_queries):
    for number in range(60):
        make_subscriber(address=f"a{number}@farm.tw", state=("active", "bounced")[number % 2])
    with django_assert_max_num_queries(12):
        html = desk.get(LIST, {"q": "A58@", "state__exact": "active"}).content.decode()
    assert "a58@farm.tw" in html and "a57@farm.tw" not in html


def test_a_search_reads_from_the_beginning_of_the_address_as_an_index_does(desk):
    make_subscriber(address="anna@farm.tw")
    with CaptureQueriesContext(connection) as queries:
        html = desk.get(LIST, {"q": " ANNA@f"}).content.decode()
        assert "anna@farm.tw" not in desk.get(LIST, {"q": "farm.tw"}).content.decode()
    assert "anna@farm.tw" in html
    assert not any("UPPER(" in query["sql"] or "LIKE '%" in query["sql"] for query in queries)


def test_too_many_at_once_are_not_begun(desk, monkeypatch):
    monkeypatch.setattr(confirmation, "MAX_ROWS", 1)
    rows = make_subscriber(), make_subscriber(address="bert@farm.example")
    assert "Choose up to 1 at a time." in act(desk, "unsubscribe", *rows, confirmed="yes").content.decode()
    assert set(Subscriber.objects.values_list("state", flat=True)) == {"active"}
    act(desk, "unsubscribe", rows[0], confirmed="yes")
    assert Subscriber.objects.filter(state="unsubscribed").get() == rows[0]


def test_the_selected_are_exported(desk):
    row = make_subscriber()
    make_subscriber(address="bert@farm.example")
    answer = act(desk, "export", row)
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.startswith("address,") and "anna@farm.example" in text and "bert" not in text


def upload(desk: Client, content: bytes, **fields) -> HttpResponse:
    url = reverse("admin:subscriptions_subscriber_import")
    return desk.post(url, {"file": SimpleUploadedFile("people.csv", content), **fields})


def test_a_file_is_first_judged_and_then_taken_in(desk):
    content = b"address\nanna@farm.tw\nnonsense\n"
    assert "rejected: 1" in text_of(upload(desk, content, dry_run="on"))
    assert not Subscriber.objects.exists()
    assert "confirmation requested: 1" in text_of(upload(desk, content))
    assert Subscriber.objects.get().consent_events.get().way == "admin:admin"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"mail\nx\n", b""])
def test_a_file_that_cannot_be_read_says_why(desk, content):
    answer = upload(desk, content)
    assert answer.status_code == 200 and "errorlist" in answer.content.decode()


def test_others_than_operators_see_nothing(client, django_user_model):
    writer = django_user_model.objects.create_user("writer", password="x" * 12, is_staff=True)
    client.force_login(writer)
    for url in (LIST, ADD, reverse("admin:subscriptions_subscriber_import")):
        assert client.get(url).status_code == 403


def test_blocking_in_the_admin_keeps_the_address_out(desk):
    act(desk, "block", make_subscriber(), confirmed="yes")
    assert Suppression.objects.get().reason == "blocked"


def test_a_block_is_lifted_with_a_reason_and_then_its_owner_may_subscribe_again(desk):
    row = make_subscriber(address="anna@farm.tw")
    unsubscribing.block(row, ConsentSource("not-me-page"))
    for reason in ("", "   ", "anna@farm.tw called"):
        assert "errorlist" in act(desk, "reinstate", row, confirmed="yes", reason=reason).content.decode()
        assert Suppression.objects.exists()
    act(desk, "reinstate", row, confirmed="yes", reason="She had pressed the wrong button")
    event = row.consent_events.get(kind="lifted")
    assert event.detail == {"reason": "She had pressed the wrong button", "state": ["blocked", "unsubscribed"]}
    assert event.way == "admin:admin" and not Suppression.objects.exists() and not Notice.objects.exists()
    subscribe("anna@farm.tw")
    assert Notice.objects.get().kind == "confirm"


SUPPRESSIONS = "/admin/subscriptions/suppression/"


def test_a_block_without_a_row_is_found_by_its_address_and_lifted_with_a_reason(desk):
    unsubscribing.add_suppression("anna@farm.tw", "blocked")
    unsubscribing.add_suppression("bert@farm.tw", "erased")
    anna, bert = Suppression.objects.order_by("pk")
    assert anna.address_hash[:8] in desk.get(SUPPRESSIONS, {"q": " Anna@FARM.tw "}).content.decode()
    for other in ("bert@farm.tw", "nonsense", "cora@farm.tw"):
        assert anna.address_hash[:8] not in desk.get(SUPPRESSIONS, {"q": other}).content.decode()
    chosen = {"action": "remove_suppression", "_selected_action": [anna.pk, bert.pk]}
    assert "Yes, continue" in desk.post(SUPPRESSIONS, chosen).content.decode()
    desk.post(SUPPRESSIONS, {**chosen, "confirmed": "yes", "reason": "A letter of 3 May"})
    assert Suppression.objects.get() == bert  # the erased come back by themselves
    entry = LogEntry.objects.get()
    assert entry.change_message == "A letter of 3 May" and anna.address_hash[:8] in entry.object_repr


def test_a_block_lifted_by_its_hash_lifts_its_row_too(desk):
    row = make_subscriber()
    unsubscribing.block(row, ConsentSource("not-me-page"))
    chosen = {"action": "remove_suppression", "_selected_action": [Suppression.objects.get().pk]}
    desk.post(SUPPRESSIONS, {**chosen, "confirmed": "yes", "reason": "A letter of 3 May"})
    row.refresh_from_db()
    assert row.state == "unsubscribed" and not Suppression.objects.exists()


def test_the_admins_own_log_holds_no_address(desk):
    add(desk, "anna@farm.tw")
    row = Subscriber.objects.get()
    page = f"{LIST}{row.pk}/change/"
    fields = {"language": "zh-hans", "sections": ["data"], "rhythm": "monthly", "paused_until": ""}
    desk.post(page, {**hidden(desk, page), **fields})
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {f"#{row.pk}"}
    assert "anna" not in str(list(LogEntry.objects.values()))


def test_a_file_too_long_for_a_page_is_sent_to_the_command(desk):
    answer = upload(desk, b"address\n" + b"anna@farm.tw\n" * 200_000)
    assert "import_subscribers" in text_of(answer) and not Subscriber.objects.exists()
