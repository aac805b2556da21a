"""URLs of the subscription pages, with slots where each subscriber's tokens go."""

from django.conf import settings

from digest.mailing.mime_template import slot


def unsubscribe() -> str:
    """The one-click URL of RFC 8058: outside the language prefixes, never redirected."""
    return f"{settings.SITE_URL}/u/{slot('unsubscribe')}/"


def page(language: str, name: str, token: str) -> str:
    """A page below `/<lang>/subscribe/`; `token` names its slot."""
    return f"{settings.SITE_URL}/{language}/subscribe/{name}/{slot(token)}/"


def preferences(language: str) -> str:
    return page(language, "preferences", "preferences")
