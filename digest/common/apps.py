"""Code that all other apps use. It has no models."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "digest.common"
