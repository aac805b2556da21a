"""The admin of the archive's own rows: topics, sources and places. Issues and items are the editorial part's."""

from digest.archive.admin import places, sources, topics

__all__ = ["places", "sources", "topics"]
