"""The admin app with the portal's own admin site. A separate module, because apps load before models."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "digest.common.admin_site.PortalAdminSite"
    default = False  # INSTALLED_APPS names this class
