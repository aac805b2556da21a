"""The portal's own app, which invalidates the page cache when public content changes."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "snz_portal"

    def ready(self) -> None:
        from digest.archive import changes
        from snz_portal.page_cache.invalidation import invalidate

        changes.register(invalidate)
