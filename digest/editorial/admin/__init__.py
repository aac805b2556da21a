"""The admin of issues and items, whose changes set off more than a row of their own."""

import taggit.admin  # noqa: F401  registers its tags, which this portal does not use: topics are its own
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from taggit.models import Tag

from digest.editorial.admin import corrections, issues, items, pictures, placements

__all__ = ["corrections", "issues", "items", "pictures", "placements"]

admin.site.site_header = admin.site.site_title = _("SNZ digest")
admin.site.index_title = _("SNZ digest")
admin.site.unregister(Tag)
