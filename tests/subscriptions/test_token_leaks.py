"""Pages with a token in their URL do not leak it (A8)."""

import pytest
from django.test import Client

from digest.subscriptions import tokens
from digest.subscriptions.tokens import Purpose
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db


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
