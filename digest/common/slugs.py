"""Slugs for names in any script: never empty, never taken."""

from django.db import models
from django.utils.text import slugify


def make_slug(model: type[models.Model], name: str, fallback: str = "") -> str:
    """A free slug of `model` for a name; Han characters are kept, and a name of nothing but marks still gets one."""
    base = (slugify(name) if name.isascii() else slugify(name, allow_unicode=True))[:90]
    base = base or slugify(fallback) or model._meta.model_name or "row"
    slug, count = base, 1
    manager = model._default_manager
    while manager.filter(slug=slug).exists():
        count += 1
        slug = f"{base}-{count}"
    return slug
