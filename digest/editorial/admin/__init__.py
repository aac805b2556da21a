"""The admin of issues and items, which also uses `mailing`. The admin of topics and sources is in `archive`."""

import taggit.admin  # noqa: F401  registers its Tag model, which is unregistered below: the portal has Topic
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from taggit.models import Tag

from digest.editorial.admin import corrections, issues, items, pictures, placements

__all__ = ["corrections", "issues", "items", "pictures", "placements"]

admin.site.site_header = admin.site.site_title = _("SNZ Digest")
admin.site.index_title = _("SNZ Digest")
admin.site.unregister(Tag)
