"""The preferences page: showing and saving preferences, unsubscribing from one section or from everything."""

import datetime as dt
import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from digest.subscriptions.models import Notice, Subscriber
from tests.factories import make_subscriber, make_topic
from tests.subscriptions.forms import text_of
from tests.subscriptions.preference_pages import link, send

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def save(row: Subscriber, **fields) -> HttpResponse:
    chosen = {"language": "en", "sections": ["news"], "rhythm": "issue", "paused_until": ""}
    return send(row, "save", **{**chosen, **fields})


def test_the_page_shows_what_is_chosen_and_never_the_whole_address():
    topic = make_topic()
    html = Client().get(link(make_subscriber(sections="news,data", topics=str(topic.pk)))).content.decode()
    assert "a…@farm.example" in html and "anna@" not in html
    assert 'value="news" checked' in html and 'value="research" checked' not in html
    assert f'value="{topic.pk}" checked' in html and "<details open>" in html
    assert '<option value="zh-hant" lang="zh-Hant" selected>' in " ".join(html.split())


def test_everything_is_saved_at_once_and_written_down():
    first, second = make_topic("Paddy soils"), make_topic("Compost")
    make_topic("Ponds")
    row = make_subscriber()
    day = timezone.localdate() + 30 * DAY
    fields = {"topics": [second.pk, first.pk], "paused_until": day.isoformat(), "rhythm": "monthly"}
    answer = save(row, language="bilingual", sections=["event", "news"], **fields)
    assert answer.status_code == 200 and "Your preferences have been saved." in text_of(answer)
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
    form = html[html.index('<form method="post">', html.index('class="form-page"')) :].partition("</form>")[0]
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
        html = " ".join(answer.content.decode().split())
        assert '<option value="zh-hans" lang="zh-Hans" selected>' in html
    if "paused_until" in wrong:
        assert f'value="{wrong["paused_until"]}"' in answer.content.decode()
    assert row.sections == "data" and row.language == "zh-hant"


def test_a_pause_that_is_over_may_stay_as_it_was():
    row = make_subscriber(paused_until=dt.date(2024, 1, 1))
    assert save(row, paused_until="2024-01-01").status_code == 200


def test_a_pause_is_told_of_until_its_day_has_come():
    row = make_subscriber(paused_until=dt.date(2999, 3, 1))
    assert "nothing will be sent before 1 March 2999" in text_of(Client().get(link(row)))
    row.paused_until = timezone.localdate()
    row.save(update_fields=["paused_until"])
    assert "Your subscription is paused" not in text_of(Client().get(link(row)))


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
    assert "You have unsubscribed" in text_of(send(row, "leave"))
    send(row, "come-back")
    assert row.state == "unsubscribed" and Notice.objects.get().kind == "confirm"


@pytest.mark.parametrize("state", ["pending", "unsubscribed", "bounced", "complained", "blocked"])
@pytest.mark.parametrize("code", ["en", "zh-hant", "zh-hans"])
def test_the_page_can_be_seen_in_every_state_and_language(state, code):
    page = Client().get(link(make_subscriber(state=state)).replace("/en/", f"/{code}/"))
    assert page.status_code == 200 and f"/{code}/subscribe/preferences/" in page.content.decode()
