"""The command that sends: what it refuses to do, and what it shows."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from digest.mailing.management.commands.send_mailings import Command
from digest.mailing.models import Delivery
from digest.mailing.sender import SendStats
from tests.mailing.admin_users import make_mailing

pytestmark = pytest.mark.django_db


def test_a_portal_of_the_public_does_not_keep_its_mails_to_itself(settings):
    make_mailing()
    settings.HTTPS, settings.MAIL_TRANSPORT = True, "demo"
    with pytest.raises(CommandError, match="MAIL_TRANSPORT"):
        call_command("send_mailings", once=True)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}


@pytest.mark.parametrize("odd", [{"connections": 0}, {"connections": 101}, {"rate": -1.0}])
def test_odd_numbers_of_connections_and_rates_are_refused(odd):
    with translation.override("en"), pytest.raises(CommandError, match="--connections must be between 1 and 100"):
        call_command("send_mailings", once=True, **odd)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_what_is_to_go_is_shown_and_rarely_counted(monkeypatch, django_assert_num_queries):
    make_mailing(["pending", "deferred", "sent", "failed"])
    terminal, command = Terminal(), Command()
    monkeypatch.setattr("sys.stderr", terminal)
    with translation.override("en"), django_assert_num_queries(1):
        for _second in range(5):
            command._show_progress(SendStats())
    assert terminal.getvalue().count("2 to go") == 5


def test_in_a_pipe_nothing_is_shown_or_counted(django_assert_num_queries, capsys):
    with django_assert_num_queries(0):
        Command()._show_progress(SendStats())
    assert capsys.readouterr().err == ""
