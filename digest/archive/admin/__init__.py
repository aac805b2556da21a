"""The admin of topics, sources and places, and base classes. The admin of issues and items is in `editorial`."""

from digest.archive.admin import places, sources, topics

__all__ = ["places", "sources", "topics"]
