"""Subscribers' preferences (email language, sections, topics, rhythm) and how they are stored."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from digest.common.sections import Section
from digest.subscriptions.models import Subscriber

TopicGroups = list[tuple[str, list[tuple[int, str]]]]  # facet's label, [(topic's id, label), ...]
EVERY_ISSUE = Subscriber.Rhythm.EVERY_ISSUE


@dataclass(frozen=True)
class Preferences:
    """As stored in a subscriber's row: sections and topics are comma-separated, and empty means all."""

    language: str
    sections: str = ""
    topics: str = ""
    rhythm: str = EVERY_ISSUE

    def as_fields(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items()}


def preferences_of(subscriber: Subscriber) -> Preferences:
    return Preferences(subscriber.language, subscriber.sections, subscriber.topics, subscriber.rhythm)


def fingerprint(subscriber: Subscriber) -> str:
    """16 characters that change with every value of the preferences page, to detect that a page is out of date."""
    shown = [*preferences_of(subscriber).as_fields().values(), str(subscriber.paused_until)]
    return hashlib.blake2b("|".join(shown).encode(), digest_size=8).hexdigest()


def topic_groups() -> TopicGroups:
    """The available topics in the active language, from the function named by settings.TOPIC_CHOICES.

    This app must not import the archive, so a higher layer provides the topics.
    """
    return import_string(settings.TOPIC_CHOICES)()  # type: ignore[no-any-return]


def topic_ids(groups: TopicGroups) -> set[int]:
    return {number for _label, topics in groups for number, _name in topics}


def join_sections(chosen: Iterable[str]) -> str:
    """Comma-separated in reading order; empty if all are chosen, so that sections added later are included."""
    names = set(chosen)
    return "" if names >= set(Section.values) else ",".join(name for name in Section.values if name in names)


def split_sections(stored: str) -> list[str]:
    return stored.split(",") if stored else list(Section.values)


def join_topics(chosen: Iterable[int], known: set[int]) -> str:
    """Comma-separated in ascending order; empty if all are chosen, which means the same as choosing none."""
    numbers = set(chosen) & known
    return "" if numbers == known else ",".join(map(str, sorted(numbers)))


def split_topics(stored: str) -> list[int]:
    return [int(number) for number in stored.split(",") if number]


def changed_fields(subscriber: Subscriber, fields: dict[str, Any]) -> dict[str, list[str]]:
    """The fields that these values would change: name -> [before, after], as text."""
    return {
        name: [str(before or ""), str(value or "")]
        for name, value in fields.items()
        if (before := getattr(subscriber, name)) != value
    }
