"""What a subscriber may choose: language of the mail, sections, topics, rhythm; and how that is stored."""

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
    """As stored in a subscriber's row: sections and topics with commas between, empty for all."""

    language: str
    sections: str = ""
    topics: str = ""
    rhythm: str = EVERY_ISSUE

    def as_fields(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items()}


def preferences_of(subscriber: Subscriber) -> Preferences:
    return Preferences(subscriber.language, subscriber.sections, subscriber.topics, subscriber.rhythm)


def fingerprint(subscriber: Subscriber) -> str:
    """16 characters that change with anything that the preferences page saves: a page tells by it what it showed."""
    shown = [*preferences_of(subscriber).as_fields().values(), str(subscriber.paused_until)]
    return hashlib.blake2b("|".join(shown).encode(), digest_size=8).hexdigest()


def topic_groups() -> TopicGroups:
    """The topics on offer, in the language of the page: from the function that settings.TOPIC_CHOICES names.

    The archive stands beside this part, not below it; so whoever knows both hands them in.
    """
    return import_string(settings.TOPIC_CHOICES)()  # type: ignore[no-any-return]


def topic_ids(groups: TopicGroups) -> set[int]:
    return {number for _label, topics in groups for number, _name in topics}


def join_sections(chosen: Iterable[str]) -> str:
    """In reading order, with commas; empty where all are chosen, so that a section added later comes as well."""
    names = set(chosen)
    return "" if names >= set(Section.values) else ",".join(name for name in Section.values if name in names)


def split_sections(stored: str) -> list[str]:
    return stored.split(",") if stored else list(Section.values)


def join_topics(chosen: Iterable[int], known: set[int]) -> str:
    """In ascending order, with commas; empty where all are chosen, since that is to choose none."""
    numbers = set(chosen) & known
    return "" if numbers == known else ",".join(map(str, sorted(numbers)))


def split_topics(stored: str) -> list[int]:
    return [int(number) for number in stored.split(",") if number]


def changed_fields(subscriber: Subscriber, fields: dict[str, Any]) -> dict[str, list[str]]:
    """What these values would change: field -> [before, after], as text."""
    return {
        name: [str(before or ""), str(value or "")]
        for name, value in fields.items()
        if (before := getattr(subscriber, name)) != value
    }
