"""Pictures in a preview: editors see also those that the public may not see yet."""

import re

from django.urls import reverse

from digest.archive.models import Figure, Item
from digest.archive.pictures import original_name

_ADDRESS = re.compile(r'(?:https?://[^"\s/]+)?/pictures/([\w-]+\.webp)')


def for_editors(html: str) -> str:
    """The HTML with the admin's addresses of drafts' pictures; their public ones answer 404."""
    names = {name: original_name(f"pictures/{name}") for name in _ADDRESS.findall(html)}
    drafts = Figure.objects.filter(picture__in=names.values()).exclude(item__in=Item.objects.published())
    figures = dict(drafts.values_list("picture", "pk"))

    def swap(found: re.Match[str]) -> str:
        pk = figures.get(names[found[1]])
        return reverse("admin:archive_figure_picture", args=[pk]) if pk else found[0]

    return _ADDRESS.sub(swap, html)
