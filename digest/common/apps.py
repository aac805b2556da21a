"""The ground floor: no models, known by every other part."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "digest.common"
