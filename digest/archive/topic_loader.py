"""Loads topics from a vocabulary file: labels, synonyms and definitions in the three languages."""

import json
from pathlib import Path
from typing import Any

from digest.archive import authoring
from digest.archive.changes import record_changes
from digest.archive.models import Topic, TopicAlias
from digest.common.languages import LANGUAGES


def load_topics(path: Path) -> int:
    """Create or update the topics of a vocabulary file; returns how many topics the file has.

    Loading the same file again changes nothing. A topic that an editor has renamed or merged is left alone. Raises
    KeyError for a broader topic that is not in the file, ValidationError if a topic would be broader than itself.
    """
    rows = json.loads(path.read_text(encoding="utf-8"))["topics"]
    with record_changes():
        topics = {alias.slug: alias.topic for alias in TopicAlias.objects.select_related("topic")}
        rows_to_save = [row for row in rows if row["slug"] not in topics]
        topics |= {row["slug"]: _save_topic(row) for row in rows_to_save}
        wanted = {row["slug"]: [topics[slug] for slug in row["broader"]] for row in rows_to_save}
        # Remove outdated relations first: a file that reverses a relation would otherwise look circular for a moment.
        for slug, broader in wanted.items():
            kept = [topic for topic in topics[slug].broader.all() if topic in broader]
            authoring.set_relation(topics[slug], "broader", kept)
        for slug, broader in wanted.items():
            authoring.set_relation(topics[slug], "broader", broader)
    return len(rows)


def _save_topic(row: dict[str, Any]) -> Topic:
    agrovoc = row["agrovoc"] or {"uri": "", "match": ""}
    values = {
        "name": row["label"]["en"],
        "facet": row["facet"],
        "agrovoc_uri": agrovoc["uri"],
        "agrovoc_match": agrovoc["match"],
    }
    topic = _existing_topic(row)
    if topic is None:
        topic = authoring.create_topic(slug=row["slug"], **values)
    else:
        authoring.edit(topic, {"slug": row["slug"], **values})
    texts = {
        language: {
            "label": row["label"][language],
            "synonyms": "\n".join(row["synonyms"][language]),
            "definition": row["definition"][language],
        }
        for language in LANGUAGES
    }
    authoring.write_texts(topic, texts)
    return topic


def _existing_topic(row: dict[str, Any]) -> Topic | None:
    """The topic with this slug, or one that an importer created from the label alone."""
    by_name = Topic.objects.filter(name__in=row["label"].values())
    return Topic.objects.filter(slug=row["slug"]).first() or by_name.first()
