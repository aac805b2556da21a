"""The admin with the portal's own site; in a module of its own, since models cannot be loaded this early."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "digest.common.admin_site.Site"
    default = False  # it is named in INSTALLED_APPS
