"""The models of the archive. Imports between the files: base, state < source < topic, issue < item < attachment."""

from digest.archive.models.attachment import (
    Correction,
    CorrectionTranslation,
    Figure,
    FigureTranslation,
    Link,
    Reference,
)
from digest.archive.models.base import Origin, Translated, TranslationBase
from digest.archive.models.change_records import CacheVersion, Deletion
from digest.archive.models.issue import (
    Issue,
    IssueTranslation,
    Placement,
    PlacementTranslation,
    Section,
)
from digest.archive.models.item import Item, ItemTranslation, TitleOrigin
from digest.archive.models.source import Place, Source, SourceName, SourceTranslation
from digest.archive.models.state import State, Withdrawal
from digest.archive.models.topic import ItemTopic, Topic, TopicAlias, TopicTranslation

__all__ = [
    "CacheVersion",
    "Correction",
    "CorrectionTranslation",
    "Deletion",
    "Figure",
    "FigureTranslation",
    "Issue",
    "IssueTranslation",
    "Item",
    "ItemTopic",
    "ItemTranslation",
    "Link",
    "Origin",
    "Place",
    "Placement",
    "PlacementTranslation",
    "Reference",
    "Section",
    "Source",
    "SourceName",
    "SourceTranslation",
    "State",
    "TitleOrigin",
    "Topic",
    "TopicAlias",
    "TopicTranslation",
    "Translated",
    "TranslationBase",
    "Withdrawal",
]
