"""URLs of the subscription pages: below `/<lang>/subscribe/`, and one-click unsubscribe at `/u/<token>/`."""

from django.urls import path

from digest.common import path_converters  # noqa: F401  registers the converters used here
from digest.subscriptions.views import preferences, subscribe, unsubscribe

app_name = "subscriptions"
_BASE = "<language:language>/subscribe/"
urlpatterns = [
    path(_BASE, subscribe.subscribe, name="subscribe"),
    path(f"{_BASE}link/", subscribe.link, name="link"),
    path(f"{_BASE}confirm/<str:token>/", subscribe.confirm, name="confirm"),
    path(f"{_BASE}not-me/<str:token>/", subscribe.not_me, name="not_me"),
    path(f"{_BASE}preferences/<str:token>/", preferences.preferences, name="preferences"),
    path(f"{_BASE}preferences/<str:token>/subscription.json", preferences.export, name="export"),
    path(f"{_BASE}preferences/<str:token>/erase/", preferences.erase, name="erase"),
    path(f"{_BASE}address/<str:token>/", preferences.new_address, name="new_address"),
    path("u/<str:token>/", unsubscribe.one_click, name="one_click"),
    # Without the slash it is the same page, not a redirect, which RFC 8058, 3.1 forbids.
    path("u/<str:token>", unsubscribe.one_click, name="one_click_bare"),
    path("u/<str:token>/back/", unsubscribe.resubscribe, name="resubscribe"),
]
