"""Unique slugs for names in any script."""

from django.db import models
from django.utils.text import slugify


def make_slug(model: type[models.Model], name: str, fallback: str = "") -> str:
    """Return an unused slug of `model` for a name. Han characters are kept, and the slug is never empty."""
    base = (slugify(name) if name.isascii() else slugify(name, allow_unicode=True))[:90]
    base = base or slugify(fallback) or model._meta.model_name or "row"
    slug, count = base, 1
    manager = model._default_manager
    while manager.filter(slug=slug).exists():
        count += 1
        slug = f"{base}-{count}"
    return slug
