"""The WSGI application: Django behind the page cache."""

import gc
import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snz_portal.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import Error, close_old_connections

django_application = get_wsgi_application()

from digest.archive.models import CacheVersion  # noqa: E402  after Django is set up
from digest.common.languages import LANGUAGES  # noqa: E402
from snz_portal import urls  # noqa: E402, F401  loaded before the first request
from snz_portal.page_cache.middleware import PageCache  # noqa: E402

PAGE_SETTINGS = ("SITE_URL", "CONTACT_EMAIL", "HTTPS", "TIME_ZONE", "CONTENT_SECURITY_POLICY", "STATIC_URL")


def read_cache_version() -> int | None:
    """Return the cache version in the database, or None if the database is not available."""
    close_old_connections()
    try:
        return CacheVersion.current().number
    except Error:
        return None
    finally:
        close_old_connections()


def cached_hosts() -> set[str]:
    """Return the Host headers for which pages are cached: the full names in ALLOWED_HOSTS, and those with the port.

    For others that Django allows (`*`, `.example.org`, another port), pages are not cached.
    """
    site = urlsplit(settings.SITE_URL)
    names = {name for name in settings.ALLOWED_HOSTS if name != "*" and not name.startswith(".")}
    return {site.netloc, *names, *(f"{name}:{site.port}" for name in names if site.port)}


def build_fingerprint() -> str:
    """Return a fingerprint of all that affects pages except the database: code, templates, messages, CSS, settings."""
    digest = hashlib.blake2b(digest_size=6)
    for folder in ("digest", "snz_portal", "templates", "static"):
        for path in sorted((Path(settings.BASE_DIR) / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path).encode() + path.read_bytes())
    digest.update(repr([getattr(settings, name) for name in PAGE_SETTINGS]).encode())
    return digest.hexdigest()


application = (
    django_application
    if settings.DEBUG  # so that changes of templates are visible
    else PageCache(
        django_application,
        settings.PAGE_STORE_DIR,
        read_cache_version,
        settings.PAGE_STORE_MEGABYTES,
        hosts=cached_hosts(),
        prefixes=LANGUAGES,
        trusts_proxy=settings.HTTPS,
        build=build_fingerprint(),
    )
)

if settings.DEMO_SENDER:
    from digest.mailing import demo_sender  # imported only if used: it takes some megabytes

    demo_sender.start()

# All objects loaded so far are permanent. Excluding them makes garbage collection fast enough to run often, which
# saves some megabytes per worker.
gc.collect()
gc.freeze()
gc.set_threshold(300, 5, 5)
