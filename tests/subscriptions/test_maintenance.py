"""Who never confirms is reminded once and forgotten after seven days."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import timezone

from digest.subscriptions import subscribing, tokens
from digest.subscriptions.addresses import canonical
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.maintenance import run_maintenance
from digest.subscriptions.models import Notice, SpentFormToken, Subscriber, Suppression
from digest.subscriptions.preferences import Preferences
from tests.factories import make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
SOURCE = ConsentSource("test", "192.0.2.0/24", "en")
START = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def ask(after: dt.timedelta = 0 * DAY) -> Subscriber:
    subscribing.subscribe(canonical("anna@farm.tw"), Preferences("en"), SOURCE, now=START + after)
    return Subscriber.objects.get(address="anna@farm.tw")


def test_one_reminder_comes_after_two_days_and_no_other():
    ask()
    for hours in range(0, 7 * 24, 6):
        run_maintenance(START + dt.timedelta(hours=hours))
    kinds = list(Notice.objects.order_by("created_at").values_list("kind", "created_at"))
    assert kinds == [("confirm", START), ("reminder", START + 2 * DAY)]


def test_the_link_of_the_reminder_lives_anew():
    ask()
    run_maintenance(START + 2 * DAY)
    row = Subscriber.objects.get()
    assert tokens.is_fresh(row, START + 3 * DAY)
    assert subscribing.confirm(row, SOURCE, now=START + 3 * DAY)


def test_seven_days_after_they_asked_the_unconfirmed_are_forgotten_without_being_kept_out():
    row = ask()
    run_maintenance(START + 2 * DAY)
    assert run_maintenance(START + 7 * DAY - dt.timedelta(minutes=1))["forgotten"] == 0
    assert run_maintenance(START + 7 * DAY)["forgotten"] == 1
    row.refresh_from_db()
    assert (row.state, row.address) == ("erased", "")
    assert not Suppression.objects.exists()
    assert "farm.tw" not in str(list(row.consent_events.values()))


def test_who_asks_again_is_kept_for_seven_days_more():
    ask()
    run_maintenance(START + 2 * DAY)
    ask(6 * DAY)
    assert run_maintenance(START + 8 * DAY)["forgotten"] == 0
    assert run_maintenance(START + 13 * DAY)["forgotten"] == 1
    assert Notice.objects.filter(kind="reminder").count() == 1


@pytest.mark.parametrize("state", ["active", "unsubscribed", "bounced", "complained", "blocked"])
def test_nobody_else_is_touched(state):
    long_ago = timezone.now() - 400 * DAY
    row = make_subscriber(state=state, asked_at=long_ago, created_at=long_ago)
    assert run_maintenance()["forgotten"] == run_maintenance()["reminded"] == 0
    row.refresh_from_db()
    assert row.state == state and row.address


def test_a_reminder_counts_among_the_mails_an_address_may_get():
    ask()
    for hour in (25, 26, 27, 47):
        ask(dt.timedelta(hours=hour))
    assert Notice.objects.count() == 4
    run_maintenance(START + 5 * DAY)
    assert Notice.objects.filter(kind="reminder").count() == 1
    ask(6 * DAY)
    assert Notice.objects.count() == 5


def test_old_form_tokens_are_removed_by_the_command(capsys):
    SpentFormToken.objects.create(digest="a" * 64, spent_at=timezone.now() - DAY)
    SpentFormToken.objects.create(digest="b" * 64)
    call_command("tidy_subscribers")
    assert SpentFormToken.objects.get().digest == "b" * 64
    assert "1 form tokens" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "told"), [("tidy_subscribers", "表單權杖0個。"), ("export_subscribers", "已將0位訂閱者寫入")]
)
def test_the_commands_speak_the_language_of_their_terminal(command, told, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "zh_TW.UTF-8")
    call_command(command, *([str(tmp_path / "all.csv")] if command.startswith("export") else []))
    assert told in capsys.readouterr().out
