"""The controlled vocabulary from its file: topics with labels, synonyms and definitions in three writings."""

import json
from pathlib import Path
from typing import Any

from django.db import models, transaction

from digest.archive.models import Topic, TopicAlias, TopicTranslation
from digest.common.languages import LANGUAGES


@transaction.atomic
def load_topics(path: Path) -> int:
    """Create the topics of a vocabulary file, or bring them in line with it; returns how many the file holds.

    Loading again changes nothing. A topic that an editor renamed or merged since is left as the editor made it. Raises
    KeyError for a broader topic that the file lacks, ValidationError for a circle.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))["topics"]
    found = {alias.slug: alias.topic for alias in TopicAlias.objects.select_related("topic")}
    ours = [entry for entry in entries if entry["slug"] not in found]
    found |= {entry["slug"]: _save_topic(entry) for entry in ours}
    # Old ties go first: a file that turns two topics round would otherwise look like a circle half-way.
    Topic.broader.through.objects.filter(from_topic__slug__in=[entry["slug"] for entry in ours]).delete()
    for entry in ours:
        found[entry["slug"]].set_broader([found[slug] for slug in entry["broader"]])
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
        topic = Topic.objects.create(slug=entry["slug"], **values)
    else:
        topic.rename(entry["slug"])
        _update(topic, values)
    for language in LANGUAGES:
        texts = {
            "label": entry["label"][language],
            "synonyms": "\n".join(entry["synonyms"][language]),
            "definition": entry["definition"][language],
        }
        if row := topic.written(language):
            _update(row, texts)
        else:
            TopicTranslation.objects.create(owner=topic, language=language, **texts)
    topic.convert_scripts()
    return topic


def _existing(entry: dict[str, Any]) -> Topic | None:
    """The topic with this address, or one that an importer made from the label alone."""
    named = Topic.objects.filter(name__in=entry["label"].values())
    return Topic.objects.filter(slug=entry["slug"]).first() or named.first()


def _update(row: models.Model, values: dict[str, str]) -> None:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
