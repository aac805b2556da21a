"""The portal's settings as they are; only style sheets go by their plain names, since nobody runs collectstatic."""

from snz_portal.settings import *  # noqa: F403
from snz_portal.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
