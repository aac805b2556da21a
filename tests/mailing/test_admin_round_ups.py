"""A month's round-up is started from the list of mailings, once."""

import datetime as dt

import pytest
from django.utils import timezone

from digest.archive.models import Issue
from digest.mailing import outbox
from digest.mailing.admin.round_ups import last_months
from digest.mailing.models import Mailing
from digest.mailing.outbox.freezing import NotReady
from tests import factories
from tests.mailing.admin_users import sign_in

pytestmark = pytest.mark.django_db
JANUARY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
URL = "/admin/mailing/mailing/round-up/"


@pytest.fixture
def month():
    """This month, in which an issue came out that two people want to read of."""
    factories.make_full_issue("17")
    Issue.objects.update(published_at=timezone.now())
    factories.make_subscriber("anna@farm.example", rhythm="monthly", language="en")
    factories.make_subscriber("bo@farm.example", rhythm="monthly")
    factories.make_subscriber("chen@farm.example")
    return last_months()[1][0]


@pytest.fixture
def editor():
    return sign_in("view_mailing", "add_mailing")


def test_it_is_offered_with_its_audience_and_asking_starts_nothing(editor, month):
    assert URL in editor.get("/admin/mailing/mailing/").content.decode()
    html = editor.get(URL).content.decode()
    assert "English: 1" in html and "繁體中文: 1" in html
    assert not Mailing.objects.exists()


def test_started_it_goes_to_those_who_want_one_mail_a_month(editor, month):
    page = editor.post(URL, {"month": month}, follow=True)
    mailing = Mailing.objects.get()
    assert page.redirect_chain == [(f"/admin/mailing/mailing/{mailing.pk}/change/", 302)]
    assert (mailing.kind, mailing.audience) == ("round-up", 2)
    assert f"Monthly round-up {month}" in page.content.decode()


def test_a_second_time_it_leads_to_the_first(editor, month):
    editor.post(URL, {"month": month})
    assert "no one will receive it twice" in editor.post(URL, {"month": month}, follow=True).content.decode()
    assert Mailing.objects.get().deliveries.count() == 2


def test_a_month_without_news_is_refused(editor, month):
    Issue.objects.update(state="draft")
    assert "All published issues" in editor.post(URL, {"month": month}).content.decode()
    assert not Mailing.objects.exists()


@pytest.mark.parametrize("text", ["", "2020-01", "nonsense", "9999-99"])
def test_other_months_are_not_on_offer(editor, month, text):
    assert editor.post(URL, {"month": text}).status_code == 200
    assert not Mailing.objects.exists()


def test_with_nobody_there_is_no_button(editor):
    assert "no subscribers yet" in (html := editor.get(URL).content.decode()) and 'name="month"' not in html
    factories.make_full_issue("17")
    Issue.objects.update(published_at=timezone.now())
    editor.post(URL, {"month": last_months()[1][0]})
    assert not Mailing.objects.exists()


def test_to_start_needs_the_right(month):
    weak = sign_in("view_mailing", "change_mailing")
    assert weak.get(URL).status_code == weak.post(URL, {"month": month}).status_code == 403
    assert URL not in weak.get("/admin/mailing/mailing/").content.decode()


def test_a_lock_is_told(editor, month):
    outbox.lock("restored")
    assert "Sending is locked" in editor.get(URL).content.decode()


def test_the_next_one_tells_of_what_came_since_and_not_of_the_archive():
    factories.make_subscriber("anna@farm.example", rhythm="monthly", language="en")
    for number, day in (("1", 1), ("2", 40), ("3", 70)):  # before the first round-up, within it, and after it
        factories.make_full_issue(number)
        Issue.objects.filter(number=number).update(published_at=JANUARY + dt.timedelta(days=day))
    first, second = (outbox.start_round_up(dt.date(2026, month, 1)) for month in (2, 3))
    assert [issue.number for issue in first.issues.all()] == ["2"]
    assert [issue.number for issue in second.issues.all()] == ["3"]
    with pytest.raises(NotReady):
        outbox.start_round_up(dt.date(2026, 4, 1))
