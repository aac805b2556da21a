"""The controlled vocabulary from its file: topics with labels, synonyms and definitions in three writings."""

import json
from pathlib import Path
from typing import Any

from digest.archive import authoring
from digest.archive.changes import recording
from digest.archive.models import Topic, TopicAlias
from digest.common.languages import LANGUAGES


def load_topics(path: Path) -> int:
    """Create the topics of a vocabulary file, or bring them in line with it; returns how many the file holds.

    Loading again changes nothing. A topic that an editor renamed or merged since is left as the editor made it. Raises
    KeyError for a broader topic that the file lacks, ValidationError for a circle.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))["topics"]
    with recording():
        found = {alias.slug: alias.topic for alias in TopicAlias.objects.select_related("topic")}
        ours = [entry for entry in entries if entry["slug"] not in found]
        found |= {entry["slug"]: _save_topic(entry) for entry in ours}
        wanted = {entry["slug"]: [found[slug] for slug in entry["broader"]] for entry in ours}
        # Old ties go first: a file that turns two topics round would otherwise look like a circle half-way.
        for slug, broader in wanted.items():
            kept = [topic for topic in found[slug].broader.all() if topic in broader]
            authoring.set_ties(found[slug], "broader", kept)
        for slug, broader in wanted.items():
            authoring.set_ties(found[slug], "broader", broader)
    return len(entries)


def _save_topic(entry: dict[str, Any]) -> Topic:
    agrovoc = entry["agrovoc"] or {"uri": "", "match": ""}
    values = {
        "name": entry["label"]["en"],
        "facet": entry["facet"],
        "agrovoc_uri": agrovoc["uri"],
        "agrovoc_match": agrovoc["match"],
    }
    topic = _existing(entry)
    if topic is None:
        topic = authoring.create_topic(slug=entry["slug"], **values)
    else:
        authoring.edit(topic, {"slug": entry["slug"], **values})
    texts = {
        language: {
            "label": entry["label"][language],
            "synonyms": "\n".join(entry["synonyms"][language]),
            "definition": entry["definition"][language],
        }
        for language in LANGUAGES
    }
    authoring.write_texts(topic, texts)
    return topic


def _existing(entry: dict[str, Any]) -> Topic | None:
    """The topic with this address, or one that an importer made from the label alone."""
    named = Topic.objects.filter(name__in=entry["label"].values())
    return Topic.objects.filter(slug=entry["slug"]).first() or named.first()
