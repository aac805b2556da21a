"""The command that sends: what it refuses to do."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from digest.mailing.models import Delivery
from tests.mailing.operators import make_mailing

pytestmark = pytest.mark.django_db


def test_a_portal_of_the_public_does_not_keep_its_mails_to_itself(settings):
    make_mailing()
    settings.HTTPS, settings.MAIL_TRANSPORT = True, "demo"
    with pytest.raises(CommandError, match="MAIL_TRANSPORT"):
        call_command("send_mailings", once=True)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}


@pytest.mark.parametrize("odd", [{"connections": 0}, {"connections": 101}, {"rate": -1.0}])
def test_odd_numbers_of_connections_and_rates_are_refused(odd):
    with translation.override("en"), pytest.raises(CommandError, match="Connections are 1 to 100"):
        call_command("send_mailings", once=True, **odd)
