"""The portal's own app: stored pages become old when readers can see a change of the archive."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "snz_portal"

    def ready(self) -> None:
        from digest.archive import changes
        from snz_portal.page_store.announcing import raise_generation

        changes.register(raise_generation)
