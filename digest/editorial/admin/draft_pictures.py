"""Pictures of unpublished items in previews."""

import re

from django.urls import reverse

from digest.archive.models import Figure, Item
from digest.archive.pictures import original_name

_PICTURE_URL = re.compile(r'(?:https?://[^"\s/]+)?/pictures/([\w-]+\.webp)')


def use_admin_picture_urls(html: str) -> str:
    """Replace the URLs of unpublished pictures, which answer 404, by URLs of the admin."""
    names = {name: original_name(f"pictures/{name}") for name in _PICTURE_URL.findall(html)}
    unpublished = Figure.objects.filter(picture__in=names.values()).exclude(item__in=Item.objects.published())
    figures = dict(unpublished.values_list("picture", "pk"))

    def replace(match: re.Match[str]) -> str:
        pk = figures.get(names[match[1]])
        return reverse("admin:archive_figure_picture", args=[pk]) if pk else match[0]

    return _PICTURE_URL.sub(replace, html)
