"""Joining: asked for by a form, confirmed by a button, and by nothing else."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from digest.subscriptions import subscribing, tokens, unsubscribing
from digest.subscriptions.addresses import address_hash, canonical
from digest.subscriptions.consent import CONSENT_TEXT_VERSION, ConsentSource
from digest.subscriptions.models import ConsentEvent, Notice, Subscriber, Suppression
from digest.subscriptions.preferences import Preferences
from digest.subscriptions.tokens import Purpose
from tests.factories import make_full_issue, make_subscriber
from tests.subscriptions.forms import subscribe, text_of, token

pytestmark = pytest.mark.django_db
SOURCE = ConsentSource("test", language="en")
HOUR = dt.timedelta(hours=1)


def confirm_page(row: Subscriber) -> str:
    return f"/en/subscribe/confirm/{tokens.make(Purpose.CONFIRM, row)}/"


def make_asked() -> Subscriber:
    subscribe("anna@farm.tw")
    return Subscriber.objects.get()


def test_somebody_new_waits_for_confirmation():
    row = make_asked()
    assert row.state == "pending" and row.language == "en"
    assert [notice.kind for notice in Notice.objects.all()] == ["confirm"]
    event = ConsentEvent.objects.get()
    assert (event.kind, event.way, event.language) == ("requested", "subscribe-page", "en")
    assert event.text_version == CONSENT_TEXT_VERSION and event.network == "127.0.0.0/24"


def test_a6_looking_at_the_confirmation_page_confirms_nothing_however_often():
    row = make_asked()
    for method in ("get", "head", "options") * 7:
        getattr(Client(), method)(confirm_page(row))
    row.refresh_from_db()
    assert row.state == "pending"
    assert ConsentEvent.objects.count() == 1


def test_a6_the_button_confirms_once_and_later_views_say_so():
    row = make_asked()
    assert "You are subscribed" in text_of(Client().post(confirm_page(row)))
    for method in ("get", "post", "get"):
        page = getattr(Client(), method)(confirm_page(row))
        assert page.status_code == 200 and "Already confirmed" in text_of(page)
    row.refresh_from_db()
    assert row.state == "active" and row.confirmed_at
    assert [event.kind for event in row.consent_events.all()] == ["requested", "confirmed"]


def test_the_confirmation_page_has_a_form_without_any_script():
    html = Client().get(confirm_page(make_asked())).content.decode()
    assert html.count("<form") == 1 and html.count("<button") == 1 and "<script" not in html


def test_the_confirmation_page_says_what_was_chosen():
    subscribe("anna@farm.tw", sections=["news", "event"], rhythm="monthly", language="bilingual")
    text = text_of(Client().get(confirm_page(Subscriber.objects.get())))
    assert "News, Events" in text and "monthly round-up" in text and "Chinese and English side by side" in text


def test_a_link_older_than_48_hours_is_shown_but_confirms_nothing():
    row = make_subscriber(state="pending", asked_at=timezone.now() - 49 * HOUR)
    for method in ("get", "post"):
        page = getattr(Client(), method)(confirm_page(row))
        assert page.status_code == 200 and "This link has expired" in text_of(page)
    row.refresh_from_db()
    assert row.state == "pending"


def test_both_mails_of_somebody_who_asks_twice_hold_a_good_link():
    now = timezone.now()
    address, choices = canonical("anna@farm.tw"), Preferences("en")
    subscribing.subscribe(address, choices, SOURCE, now=now - HOUR)
    first = confirm_page(Subscriber.objects.get())
    subscribing.subscribe(address, Preferences("zh-hans"), SOURCE, now=now)
    assert Notice.objects.count() == 2
    assert confirm_page(Subscriber.objects.get()) == first
    assert Subscriber.objects.get().language == "zh-hans"


def test_an_active_subscriber_gets_the_preferences_link_and_keeps_the_choices():
    row = make_subscriber(address="anna@farm.tw", language="zh-hant", sections="news")
    subscribe("anna@farm.tw", language="en")
    row.refresh_from_db()
    assert (row.language, row.sections, row.state) == ("zh-hant", "news", "active")
    assert Notice.objects.get().kind == "known"


def test_the_unsubscribed_come_back_by_confirming_again():
    row = make_subscriber(address="anna@farm.tw", state="unsubscribed")
    subscribe("anna@farm.tw")
    row.refresh_from_db()
    assert row.state == "unsubscribed" and Notice.objects.get().kind == "confirm"
    Client().post(confirm_page(row))
    row.refresh_from_db()
    assert row.state == "active" and row.ended_at is None


def test_a_pause_ends_with_the_subscription_it_was_made_in():
    row = make_subscriber(address="anna@farm.tw", paused_until=dt.date(2999, 1, 1))
    unsubscribing.unsubscribe(row, SOURCE)
    subscribe("anna@farm.tw")
    row.refresh_from_db()
    Client().post(confirm_page(row))
    row.refresh_from_db()
    assert row.is_active and row.paused_until is None


def test_coming_back_is_asked_for_beside_no_text_and_agreed_to_beside_it():
    row = make_subscriber(address="anna@farm.tw", state="unsubscribed")
    subscribing.resubscribe(row, SOURCE)
    row.refresh_from_db()
    Client().post(confirm_page(row))
    events = row.consent_events.values_list("kind", "text_version")
    assert list(events) == [("requested", ""), ("confirmed", CONSENT_TEXT_VERSION)]


def test_an_address_stored_under_older_rules_can_be_confirmed_reminded_and_left(settings):
    waiting = make_subscriber(address="anna@farm.test", state="pending", asked_at=timezone.now())
    left = make_subscriber(address="bert@farm.test", state="unsubscribed")
    settings.ACCEPT_RESERVED_DOMAINS = False
    assert subscribing.remind(waiting, timezone.now()) and subscribing.resubscribe(left, SOURCE)
    assert subscribing.confirm(waiting, SOURCE)


def test_who_is_erased_while_somebody_subscribes_them_gets_a_new_row(monkeypatch):
    real, times = type(Subscriber.objects.all()).bulk_create, []

    def bulk_create(rows, *arguments, **options):
        if rows.model is Subscriber and not times.append(1) and len(times) == 1:
            return []  # there was a row, and it is gone by the next statement
        return real(rows, *arguments, **options)

    monkeypatch.setattr(type(Subscriber.objects.all()), "bulk_create", bulk_create)
    assert subscribe("anna@farm.tw").status_code == 200
    assert Subscriber.objects.get().state == "pending" and len(times) == 2


def test_an_old_confirmation_link_does_not_bring_back_who_left_since():
    row = make_asked()
    link = confirm_page(row)
    Client().post(link)
    unsubscribing.unsubscribe(row, SOURCE)
    assert "expired" in text_of(Client().post(link))
    row.refresh_from_db()
    assert row.state == "unsubscribed"


def test_the_erased_come_back_as_new_and_are_forgotten_as_erased_once_they_confirm():
    row = make_subscriber(address="anna@farm.tw")
    unsubscribing.erase(row, SOURCE)
    subscribe("anna@farm.tw")
    new = Subscriber.objects.get(address="anna@farm.tw")
    assert new.pk != row.pk and Suppression.objects.exists()
    Client().post(confirm_page(new))
    assert not Suppression.objects.exists()


def test_this_was_not_me_blocks_by_a_button_for_good():
    row = make_asked()
    page = f"/en/subscribe/not-me/{tokens.make(Purpose.NOT_ME, row)}/"
    Client().get(page)
    row.refresh_from_db()
    assert row.state == "pending"
    assert "will not contact you again" in text_of(Client().post(page))
    row.refresh_from_db()
    assert row.state == "blocked"
    assert Suppression.objects.get().address_hash == address_hash("anna@farm.tw")
    Notice.objects.all().delete()
    subscribe("anna@farm.tw")
    assert not Notice.objects.exists()


def test_a_confirmation_link_does_nothing_for_the_blocked():
    row = make_asked()
    unsubscribing.block(row, SOURCE)
    assert "Nothing to confirm" in text_of(Client().post(confirm_page(row)))
    row.refresh_from_db()
    assert row.state == "blocked"


def test_the_form_of_other_pages_needs_no_token_and_does_nothing_but_carry_the_address():
    page = Client().post("/zh-hant/subscribe/", {"step": "short", "address": "anna@farm.tw"})
    assert page.status_code == 200 and not page.cookies
    html = page.content.decode()
    assert 'value="anna@farm.tw"' in html
    assert not Subscriber.objects.exists()
    token = html.split('name="form_token" value="')[1].split('"')[0]
    assert subscribe("anna@farm.tw", form_token=token).status_code == 200  # at once: the typing is done
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("page", "chosen"), [("/zh-hans/", "zh-hans"), ("/en/issues/17/", "en"), ("/en/issues/17/bilingual/", "bilingual")]
)
def test_the_language_of_the_page_is_the_language_of_the_mail_until_chosen_otherwise(page, chosen):
    make_full_issue()
    html = Client().get(page).content.decode()
    form = html[html.index('class="short-form"') :].partition("</form>")[0]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    path = re.search(r'action="([^"]+)"', form).group(1)
    answer = Client().post(path, {**fields, "address": "anna@farm.tw"})
    assert re.search(rf'<option value="{chosen}"[^>]* selected>', answer.content.decode())


def test_a_short_form_with_an_odd_language_is_refused_and_keeps_the_address():
    answer = Client().post("/en/subscribe/", {"step": "short", "address": "anna@farm.tw", "language": "fr"})
    assert answer.status_code == 400 and 'value="anna@farm.tw"' in answer.content.decode()


def test_the_form_of_other_pages_tells_what_is_wrong_at_once():
    page = Client().post("/en/subscribe/", {"step": "short", "address": "anna@"})
    assert page.status_code == 400 and 'value="anna@"' in page.content.decode()
    assert 'id="address-error"' in page.content.decode()


@pytest.mark.parametrize(
    ("state", "kind"), [("active", "preferences"), ("unsubscribed", "preferences"), ("pending", "confirm")]
)
def test_who_lost_the_link_gets_it_by_mail(state, kind):
    make_subscriber(address="anna@farm.tw", state=state)
    ask_link("anna@farm.tw")
    assert Notice.objects.get().kind == kind


@pytest.mark.parametrize("state", ["bounced", "complained", "blocked"])
def test_asking_for_the_link_tells_nothing_and_makes_nothing(state):
    make_subscriber(address="anna@farm.tw", state=state)
    assert ask_link("anna@farm.tw").content == ask_link("nobody@farm.tw").content
    assert not Notice.objects.exists() and Subscriber.objects.count() == 1


def test_the_link_mailed_to_somebody_who_waits_is_a_good_one():
    row = make_subscriber(address="anna@farm.tw", state="pending", asked_at=timezone.now() - 60 * HOUR)
    ask_link("anna@farm.tw")
    row.refresh_from_db()
    assert subscribing.may_confirm(row)


def test_the_proof_of_consent_says_what_was_chosen():
    row = make_asked()
    Client().post(confirm_page(row))
    detail = row.consent_events.get(kind="confirmed").detail
    assert detail == {"language": "en", "sections": "", "topics": "", "rhythm": "issue"}


def ask_link(address: str):
    return Client().post("/en/subscribe/link/", {"address": address, "form_token": token(), "website": ""})
