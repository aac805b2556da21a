"""The portal for WSGI servers: Django behind the page store."""

import gc
import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snz_portal.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import Error, close_old_connections

django = get_wsgi_application()

from digest.archive.models import CacheVersion  # noqa: E402  models can be had once Django is set up
from digest.common.languages import LANGUAGES  # noqa: E402
from snz_portal import urls  # noqa: E402, F401  loaded before the first reader comes
from snz_portal.page_cache.middleware import PageCache  # noqa: E402

SHOWN_BY_PAGES = ("SITE_URL", "CONTACT_EMAIL", "HTTPS", "TIME_ZONE", "CONTENT_SECURITY_POLICY", "STATIC_URL")


def read_version() -> int | None:
    """The database's generation number, or None while the database cannot be asked."""
    close_old_connections()
    try:
        return CacheVersion.current().number
    except Error:
        return None
    finally:
        close_old_connections()


def served_hosts() -> set[str]:
    """The Host fields that pages are kept for: all names that are written out in ALLOWED_HOSTS, with the site's port.

    Others that Django allows (`*`, `.example.org`, another port) are answered by Django, and not kept.
    """
    site = urlsplit(settings.SITE_URL)
    names = {name for name in settings.ALLOWED_HOSTS if name != "*" and not name.startswith(".")}
    return {site.netloc, *names, *(f"{name}:{site.port}" for name in names if site.port)}


def build() -> str:
    """A fingerprint of what makes pages beside the database: code, templates, messages, style sheets, settings."""
    digest = hashlib.blake2b(digest_size=6)
    for folder in ("digest", "snz_portal", "templates", "static"):
        for path in sorted((Path(settings.BASE_DIR) / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path).encode() + path.read_bytes())
    digest.update(repr([getattr(settings, name) for name in SHOWN_BY_PAGES]).encode())
    return digest.hexdigest()


application = (
    django
    if settings.DEBUG  # templates change under a running server
    else PageCache(
        django,
        settings.PAGE_STORE_DIR,
        read_version,
        settings.PAGE_STORE_MEGABYTES,
        hosts=served_hosts(),
        prefixes=LANGUAGES,
        trusts_proxy=settings.HTTPS,
        build=build(),
    )
)

if settings.DEMO_SENDER:
    from digest.mailing import demo_sender  # what sends takes some megabytes

    demo_sender.start()

# What is loaded by now stays for good. Left out of garbage collections, it makes them quick, and so frequent that a
# worker's memory stays some megabytes smaller.
gc.collect()
gc.freeze()
gc.set_threshold(300, 5, 5)
