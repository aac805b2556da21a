"""Which of an issue's items a subscriber's choice of sections and topics lets through."""

from collections.abc import Iterable

from digest.archive.models import Placement, Section
from digest.mailing.letters.source import Source


def chosen(source: Source, sections: str, topics: str) -> list[Placement]:
    """The placements for a choice as subscribers keep it: names and ids with commas between, empty for all."""
    wanted_sections = set(filter(None, sections.split(",")))
    wanted_topics = {int(topic) for topic in filter(None, topics.split(","))}
    return [
        placement
        for placement in source.all_placements
        if (not wanted_sections or placement.section in wanted_sections)
        and (not wanted_topics or wanted_topics & _topics(source, placement))
    ]


def effective_selection(source: Source, sections: str, topics: str) -> str | None:
    """The one name of everything that a choice lets through: two choices of the same items have the same name.

    "" for all there is, `research,news|3,17` for some, None for nothing. The sections are those that have something
    chosen; the topics are all that bring nothing more from those sections.
    """
    placements = chosen(source, sections, topics)
    if not placements:
        return None
    if len(placements) == len(source.all_placements):
        return ""
    inside = {placement.section for placement in placements}
    let_through = {placement.pk for placement in placements}
    others = [p for p in source.all_placements if p.section in inside and p.pk not in let_through]
    narrowing = _all_topics(source, placements) - _all_topics(source, others) if others else set()
    if inside == {placement.section for placement in source.all_placements}:
        inside = set()
    named_sections = ",".join(section for section in Section.values if section in inside)
    return f"{named_sections}|{','.join(map(str, sorted(narrowing)))}"


def of_selection(source: Source, selection: str) -> list[Placement]:
    """The placements that a name given by `effective_selection` stands for."""
    sections, _bar, topics = selection.partition("|")
    return chosen(source, sections, topics)


def _all_topics(source: Source, placements: Iterable[Placement]) -> set[int]:
    return {topic for placement in placements for topic in _topics(source, placement)}


def _topics(source: Source, placement: Placement) -> frozenset[int]:
    return source.topics.get(placement.item_id, frozenset())
