"""Addresses of the subscription's pages, with slots where a person's tokens will stand."""

from django.conf import settings

from digest.mailing.wire import slot


def unsubscribe() -> str:
    """RFC 8058's address: outside of the languages, never redirected."""
    return f"{settings.SITE_URL}/u/{slot('unsubscribe')}/"


def page(language: str, name: str, token: str) -> str:
    """A page below `/<lang>/subscribe/` for the token of this slot."""
    return f"{settings.SITE_URL}/{language}/subscribe/{name}/{slot(token)}/"


def preferences(language: str) -> str:
    return page(language, "preferences", "preferences")
