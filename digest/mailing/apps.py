"""Mailings: composing and sending emails, and processing bounces."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailingConfig(AppConfig):
    name = "digest.mailing"
    verbose_name = _("Mailing")
    default_auto_field = "django.db.models.BigAutoField"
