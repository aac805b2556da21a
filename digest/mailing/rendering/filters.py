"""Which items of an issue match a subscriber's sections and topics."""

from collections.abc import Iterable

from digest.archive.models import Placement, Section
from digest.mailing.rendering.issue_content import IssueContent


def matching_placements(content: IssueContent, sections: str, topics: str) -> list[Placement]:
    """The placements that match filters as a subscriber's row has them: names and ids with commas, empty for all."""
    wanted_sections = set(filter(None, sections.split(",")))
    wanted_topics = {int(topic) for topic in filter(None, topics.split(","))}
    return [
        placement
        for placement in content.all_placements
        if (not wanted_sections or placement.section in wanted_sections)
        and (not wanted_topics or wanted_topics & _topics(content, placement))
    ]


def effective_selection(content: IssueContent, sections: str, topics: str) -> str | None:
    """A canonical name for what the filters match: filters that match the same items get the same name.

    "" if they match everything, None if nothing, otherwise for example `research,news|3,17`: the sections that have a
    match, and all topics that add nothing else from those sections.
    """
    placements = matching_placements(content, sections, topics)
    if not placements:
        return None
    if len(placements) == len(content.all_placements):
        return ""
    matched_sections = {placement.section for placement in placements}
    matched = {placement.pk for placement in placements}
    others = [p for p in content.all_placements if p.section in matched_sections and p.pk not in matched]
    narrowing = _all_topics(content, placements) - _all_topics(content, others) if others else set()
    if matched_sections == {placement.section for placement in content.all_placements}:
        matched_sections = set()
    section_names = ",".join(section for section in Section.values if section in matched_sections)
    return f"{section_names}|{','.join(map(str, sorted(narrowing)))}"


def placements_of_selection(content: IssueContent, selection: str) -> list[Placement]:
    """The placements that a name from `effective_selection` stands for."""
    sections, _bar, topics = selection.partition("|")
    return matching_placements(content, sections, topics)


def _all_topics(content: IssueContent, placements: Iterable[Placement]) -> set[int]:
    return {topic for placement in placements for topic in _topics(content, placement)}


def _topics(content: IssueContent, placement: Placement) -> frozenset[int]:
    return content.topics.get(placement.item_id, frozenset())
