"""Requests to the preferences pages, as a subscriber's browser sends them."""

from django.http import HttpResponse
from django.test import Client

from digest.subscriptions import tokens
from digest.subscriptions.models import Subscriber
from digest.subscriptions.tokens import Purpose


def link(row: Subscriber, purpose: Purpose = Purpose.PREFERENCES) -> str:
    row.refresh_from_db()
    page = "address" if purpose == Purpose.NEW_ADDRESS else "preferences"
    return f"/en/subscribe/{page}/{tokens.make(purpose, row)}/"


def send(row: Subscriber, do: str, **fields) -> HttpResponse:
    answer = Client(enforce_csrf_checks=True).post(link(row), {"do": do, **fields})
    row.refresh_from_db()
    return answer
