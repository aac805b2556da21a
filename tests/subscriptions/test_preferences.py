"""Preferences by a link from any mail: choices, one section less, another address, export, erasure."""

import datetime as dt
import json
import re

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from digest.subscriptions import joining, tokens
from digest.subscriptions.addresses import canonical
from digest.subscriptions.consent import Way, record
from digest.subscriptions.housekeeping import tidy
from digest.subscriptions.importing import import_csv
from digest.subscriptions.models import Notice, Subscriber, Suppression
from digest.subscriptions.tokens import Purpose
from tests.factories import make_subscriber, make_topic
from tests.mailing.mailbox import make_delivery
from tests.subscriptions.forms import text_of

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def link(row: Subscriber, purpose: Purpose = Purpose.PREFERENCES) -> str:
    row.refresh_from_db()
    page = "address" if purpose == Purpose.NEW_ADDRESS else "preferences"
    return f"/en/subscribe/{page}/{tokens.make(purpose, row)}/"


def send(row: Subscriber, do: str, **fields) -> HttpResponse:
    answer = Client(enforce_csrf_checks=True).post(link(row), {"do": do, **fields})
    row.refresh_from_db()
    return answer


def save(row: Subscriber, **fields) -> HttpResponse:
    chosen = {"language": "en", "sections": ["news"], "rhythm": "issue", "paused_until": ""}
    return send(row, "save", **{**chosen, **fields})


def test_the_page_shows_what_is_chosen_and_never_the_whole_address():
    topic = make_topic()
    html = Client().get(link(make_subscriber(sections="news,data", topics=str(topic.pk)))).content.decode()
    assert "a…@farm.example" in html and "anna@" not in html
    assert 'value="news" checked' in html and 'value="research" checked' not in html
    assert f'value="{topic.pk}" checked' in html and "<details open>" in html
    assert '<option value="zh-hant" lang="zh-Hant" selected>' in html


def test_everything_is_saved_at_once_and_written_down():
    first, second = make_topic("Paddy soils"), make_topic("Compost")
    make_topic("Ponds")
    row = make_subscriber()
    day = timezone.localdate() + 30 * DAY
    fields = {"topics": [second.pk, first.pk], "paused_until": day.isoformat(), "rhythm": "monthly"}
    answer = save(row, language="bilingual", sections=["event", "news"], **fields)
    assert answer.status_code == 200 and "Your choices are saved." in text_of(answer)
    assert (row.language, row.sections, row.rhythm) == ("bilingual", "news,event", "monthly")
    assert row.topics == f"{first.pk},{second.pk}" and row.paused_until == day
    event = row.consent_events.get()
    assert event.kind == "changed" and event.detail["sections"] == ["", "news,event"]


def test_saving_what_was_there_writes_nothing_down():
    row = make_subscriber(language="en", sections="news")
    save(row)
    assert not row.consent_events.exists()


def shown(page: HttpResponse) -> dict[str, list[str]]:
    """What a browser would send of the page, were nothing changed on it."""
    html = page.content.decode()
    form = html[html.index('<form method="post">', html.index('class="desk"')) :].partition("</form>")[0]
    ticked = re.findall(r'name="(\w+)" value="([^"]*)" checked', form)
    seen = re.findall(r'name="(seen)" value="([^"]+)"', form)
    language = re.findall(r'<option value="([^"]+)"[^>]* selected>', form)
    sent: dict[str, list[str]] = {"language": language, "paused_until": [""]}
    for name, value in [*ticked, *seen]:
        sent.setdefault(name, []).append(value)
    return sent


def test_a_page_that_was_left_open_does_not_bring_a_section_back_that_was_left_on_another():
    row = make_subscriber()
    stale = shown(Client().get(link(row)))
    send(row, "leave-section", section="news")
    answer = send(row, "save", **{**stale, "language": "en"})
    assert answer.status_code == 409 and "changed on another page" in text_of(answer)
    assert (row.sections, row.language) == ("research,policy,data,event", "zh-hant")
    again = send(row, "save", **{**shown(answer), "language": "en"})
    assert again.status_code == 200 and (row.sections, row.language) == ("research,policy,data,event", "en")


def test_to_press_the_button_twice_is_to_save_once():
    row = make_subscriber()
    sent = {**shown(Client().get(link(row))), "language": "en"}
    assert [send(row, "save", **sent).status_code for _ in range(2)] == [200, 200]
    assert row.consent_events.count() == 1


def test_a_page_with_an_error_still_knows_what_it_was_made_from():
    row = make_subscriber()
    wrong = send(row, "save", **{**shown(Client().get(link(row))), "paused_until": "soon"})
    send(row, "leave-section", section="news")
    assert send(row, "save", **{**shown(wrong), "language": "en"}).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"sections": []},
        {"sections": ["sport"]},
        {"topics": ["999999"]},
        {"language": "fr"},
        {"rhythm": "daily"},
        {"paused_until": "soon"},
        {"paused_until": "2001-01-01"},
        {"paused_until": "2999-01-01"},
        {"colour": "green"},
    ],
)
def test_a_wrong_choice_brings_the_page_back_with_what_was_typed(wrong):
    make_topic()
    row = make_subscriber(sections="data")
    answer = save(row, **{"language": "zh-hans", **wrong})
    assert answer.status_code == 400 and 'role="alert"' in answer.content.decode()
    if "language" not in wrong:
        assert '<option value="zh-hans" lang="zh-Hans" selected>' in answer.content.decode()
    if "paused_until" in wrong:
        assert f'value="{wrong["paused_until"]}"' in answer.content.decode()
    assert row.sections == "data" and row.language == "zh-hant"


def test_a_pause_that_is_over_may_stay_as_it_was():
    row = make_subscriber(paused_until=dt.date(2024, 1, 1))
    assert save(row, paused_until="2024-01-01").status_code == 200


def test_a_pause_is_told_of_until_its_day_has_come():
    row = make_subscriber(paused_until=dt.date(2999, 3, 1))
    assert "nothing comes before 1 March 2999" in text_of(Client().get(link(row)))
    row.paused_until = timezone.localdate()
    row.save(update_fields=["paused_until"])
    assert "You are pausing" not in text_of(Client().get(link(row)))


def test_each_section_is_left_alone_by_one_button_and_the_last_one_ends_it():
    row = make_subscriber(sections="news,data")
    html = Client().get(link(row)).content.decode()
    assert html.count('name="section"') == 2
    send(row, "leave-section", section="news")
    assert (row.sections, row.state) == ("data", "active")
    send(row, "leave-section", section="data")
    assert row.state == "unsubscribed"


def test_one_section_less_than_all_are_the_other_four():
    row = make_subscriber()
    send(row, "leave-section", section="news")
    assert row.sections == "research,policy,data,event"


@pytest.mark.parametrize("do", ["", "explode", "leave-section"])
def test_an_unknown_button_changes_nothing(do):
    row = make_subscriber()
    assert send(row, do, section="sport").status_code == 400
    assert row.state == "active" and not row.consent_events.exists()


def test_leaving_and_coming_back_goes_by_a_mail():
    row = make_subscriber()
    assert "You are unsubscribed" in text_of(send(row, "leave"))
    send(row, "come-back")
    assert row.state == "unsubscribed" and Notice.objects.get().kind == "confirm"


def test_a_new_address_is_used_once_it_is_confirmed_from_there():
    row = make_subscriber()
    answer = send(row, "move", address="Anna@neu.farm.example")
    assert answer.status_code == 200
    assert row.address == "anna@farm.example" and Notice.objects.get().kind == "new-address"
    page = link(row, Purpose.NEW_ADDRESS)
    Client().get(page)
    row.refresh_from_db()
    assert row.address == "anna@farm.example"
    assert "The new address is in use" in text_of(Client().post(page, {"do": "take"}))
    row.refresh_from_db()
    assert (row.address, row.address_key, row.new_address) == ("Anna@neu.farm.example", "anna@neu.farm.example", "")
    assert "farm" not in str(list(row.consent_events.values()))
    assert Client().get(page).status_code == 404


def test_the_answer_to_a_new_address_does_not_tell_whether_it_is_known():
    row = make_subscriber()
    for state in ("active", "pending", "unsubscribed", "bounced", "complained", "blocked"):
        make_subscriber(address=f"{state}@farm.example", state=state)
    addresses = ("new", "active", "pending", "unsubscribed", "bounced", "complained", "blocked", "abuse", "anna")
    pages = {text_of(send(row, "move", address=f"{name}@farm.example")) for name in addresses}
    assert len(pages) == 1
    sent = sorted(Notice.objects.values_list("kind", "subscriber__address"))
    assert sent == [("known", "active@farm.example"), *[("new-address", "anna@farm.example")] * 3]


def test_the_export_does_not_tell_either_whether_a_new_address_is_known():
    row = make_subscriber()
    before = Client().get(f"{link(row)}subscription.json").content
    for state in ("active", "pending", "unsubscribed", "bounced", "complained", "blocked", "new"):
        if state != "new":
            make_subscriber(address=f"{state}@farm.example", state=state)
        send(row, "move", address=f"{state}@farm.example")
        assert Client().get(f"{link(row)}subscription.json").content == before, state
    assert row.new_address == "new@farm.example"


def test_the_export_does_not_tell_what_became_of_the_mail_to_a_new_address():
    row = make_subscriber()
    before = Client().get(f"{link(row)}subscription.json").content
    delivery = make_delivery(None, row, notice_kind="new-address")
    delivery.events.create(subscriber=row, kind="hard", event_id="1")
    assert Client().get(f"{link(row)}subscription.json").content == before


def test_a_bad_new_address_comes_back_with_a_reason():
    answer = send(make_subscriber(), "move", address="anna@")
    assert answer.status_code == 400 and 'value="anna@"' in answer.content.decode()
    assert 'id="address-error"' in answer.content.decode()


def test_the_owner_of_the_new_address_can_say_no():
    row = make_subscriber()
    send(row, "move", address="bert@farm.example")
    page = link(row, Purpose.NEW_ADDRESS)
    assert "will not hear from us again" in text_of(Client().post(page, {"do": "not-me"}))
    row.refresh_from_db()
    assert (row.state, row.new_address) == ("active", "")
    assert Suppression.objects.get().reason == "blocked"
    assert Client().post(page, {"do": "take"}).status_code == 404


def test_an_older_row_of_the_new_address_gives_way():
    row = make_subscriber()
    old = make_subscriber(address="new@farm.example", state="unsubscribed")
    send(row, "move", address="new@farm.example")
    Client().post(link(row, Purpose.NEW_ADDRESS), {"do": "take"})
    row.refresh_from_db()
    old.refresh_from_db()
    assert (row.address, old.state) == ("new@farm.example", "erased")
    assert joining.suppressed_among([canonical("new@farm.example"), canonical("anna@farm.example")]) == {
        "anna@farm.example"
    }


def test_an_older_list_does_not_bring_back_the_address_that_somebody_moved_from():
    row = make_subscriber()
    send(row, "move", address="new@farm.example")
    Client().post(link(row, Purpose.NEW_ADDRESS), {"do": "take"})
    old = "address,state,consented_at,consent_text\nanna@farm.example,active,2024-05-01,Fair\n"
    assert [outcome.kind for outcome in import_csv(old, "en", Way("import"))] == ["kept out"]
    assert Subscriber.objects.count() == 1
    row.refresh_from_db()
    send(row, "move", address="anna@farm.example")  # and back
    Client().post(link(row, Purpose.NEW_ADDRESS), {"do": "take"})
    row.refresh_from_db()
    assert row.address == "anna@farm.example" and joining.suppressed_among([canonical("anna@farm.example")]) == set()


def test_who_says_not_me_of_a_new_address_gets_no_more_mail_by_a_row_of_their_own():
    row, own = make_subscriber(), make_subscriber(address="new@farm.example", state="pending")
    send(row, "move", address="new@farm.example")
    Client().post(link(row, Purpose.NEW_ADDRESS), {"do": "not-me"})
    own.refresh_from_db()
    assert own.state == "blocked"
    assert tidy(timezone.now() + 3 * DAY)["reminded"] == 0


def test_a_link_to_the_new_address_lives_two_days():
    row = make_subscriber(new_address="new@farm.example", asked_at=timezone.now() - 2 * DAY)
    for method in ("get", "post"):
        assert "too old" in text_of(getattr(Client(), method)(link(row, Purpose.NEW_ADDRESS)))
    row.refresh_from_db()
    assert row.address == "anna@farm.example"


def test_the_export_holds_every_field_and_every_table_that_knows_the_subscriber():
    row = make_subscriber(sections="news")
    record(row, "confirmed", Way("confirm-page", "192.0.2.0/24", "en"))
    Notice.objects.create(subscriber=row, kind="confirm")
    answer = Client().get(f"{link(row)}subscription.json")
    assert answer["Content-Type"] == "application/json" and "attachment" in answer["Content-Disposition"]
    data = json.loads(answer.content)
    assert data["address"] == "a…@farm.example" and data["sections"] == "news"
    assert data["consentevent"][0]["network"] == "192.0.2.0/24" and data["notice"][0]["kind"] == "confirm"
    pointing = {
        model._meta.model_name
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Subscriber
    }
    assert pointing and pointing <= set(data)
    assert "secret" not in data and row.secret not in answer.content.decode()
    assert "anna@farm.example" not in answer.content.decode()


def test_erasure_asks_once_more_and_then_forgets():
    row = make_subscriber()
    page = f"{link(row)}erase/"
    assert "Erase everything" in text_of(Client().get(page))
    row.refresh_from_db()
    assert row.state == "active"
    assert "Everything is erased" in text_of(Client().post(page))
    row.refresh_from_db()
    assert (row.state, row.address) == ("erased", "")
    assert Client().get(page).status_code == 404


@pytest.mark.parametrize("state", ["pending", "unsubscribed", "bounced", "complained", "blocked"])
@pytest.mark.parametrize("code", ["en", "zh-hant", "zh-hans"])
def test_the_page_can_be_seen_in_every_state_and_language(state, code):
    page = Client().get(link(make_subscriber(state=state)).replace("/en/", f"/{code}/"))
    assert page.status_code == 200 and f"/{code}/subscribe/preferences/" in page.content.decode()


@pytest.mark.parametrize("state", ["pending", "active", "unsubscribed", "bounced"])
def test_a8_no_page_with_a_token_leaks_it(state):
    row = make_subscriber(state=state, new_address="new@farm.example")
    for purpose, path in (
        (Purpose.CONFIRM, "/en/subscribe/confirm/{}/"),
        (Purpose.NOT_ME, "/en/subscribe/not-me/{}/"),
        (Purpose.PREFERENCES, "/en/subscribe/preferences/{}/"),
        (Purpose.PREFERENCES, "/en/subscribe/preferences/{}/erase/"),
        (Purpose.PREFERENCES, "/en/subscribe/preferences/{}/subscription.json"),
        (Purpose.NEW_ADDRESS, "/en/subscribe/address/{}/"),
        (Purpose.UNSUBSCRIBE, "/u/{}/"),
    ):
        page = Client().get(path.format(tokens.make(purpose, row)))
        assert page["Referrer-Policy"] == "no-referrer" and page["X-Robots-Tag"] == "noindex"
        assert page["Cache-Control"] == "private, no-store" and not page.cookies
        html = page.content.decode()
        assert 'rel="canonical"' not in html and 'rel="alternate"' not in html
        assert "https://" not in html and "//" not in html.replace("http://testserver", "")
