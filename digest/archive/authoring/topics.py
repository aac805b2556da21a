"""Creating, renaming and merging topics; old addresses redirect."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from digest.archive.authoring.affected import add_affected_by_topic
from digest.archive.authoring.deletions import record_deletion, remove_deletion_record
from digest.archive.authoring.texts import convert_scripts, write_text
from digest.archive.changes import record_changes
from digest.archive.models import Item, ItemTopic, Topic, TopicAlias
from digest.common.text import name_key


def create_topic(name: str, *, slug: str = "", facet: str = Topic.Facet.PRACTICES, **values: Any) -> Topic:
    """Create a topic; write its labels with `write_text`."""
    topic = Topic(name=name, slug=slug, facet=facet, **values)
    save_topic(topic)
    return topic


def save_topic(topic: Topic) -> None:
    """Save a topic. If its slug has changed, the old address redirects to the new one."""
    with record_changes() as change:
        old = Topic.objects.filter(pk=topic.pk).values_list("slug", flat=True).first()
        topic.save()
        if old is not None and old != topic.slug:
            TopicAlias.objects.filter(slug=topic.slug).delete()
            TopicAlias.objects.update_or_create(slug=old, defaults={"topic": topic})
        if old is None:
            remove_deletion_record(topic)
        add_affected_by_topic(change, topic)


def rename_topic(topic: Topic, slug: str) -> None:
    """Change the slug of a topic; the old address redirects to the new one."""
    if slug != topic.slug:
        topic.slug = slug
        save_topic(topic)


def merge_topics(topics: Iterable[Topic], into: Topic) -> None:
    """Merge topics into `into`: their items, narrower topics and addresses are moved, their labels become synonyms.

    Raises ValidationError for a topic that would be merged into itself.
    """
    with record_changes():
        for topic in topics:
            _merge(topic, into)


def _merge(topic: Topic, into: Topic) -> None:
    if topic.pk == into.pk:
        raise ValidationError(_("A topic cannot be merged into itself."))
    with record_changes() as change:
        add_affected_by_topic(change, topic)
        tagged = ItemTopic.objects.filter(tag=into).values("content_object")
        ItemTopic.objects.filter(tag=topic).exclude(content_object__in=tagged).update(tag=into)
        excluded = into.ancestors() | {into.pk}
        for narrower in topic.narrower.exclude(pk__in=excluded):
            narrower.broader.add(into)
        into.read_on_from.add(*topic.read_on_from.all())
        _move_labels(topic, into)
        topic.aliases.update(topic=into)
        pk, slug = topic.pk, topic.slug
        topic.delete()
        TopicAlias.objects.update_or_create(slug=slug, defaults={"topic": into})
        record_deletion(change, topic, pk, into.pk)
        add_affected_by_topic(change, into)


def _move_labels(topic: Topic, into: Topic) -> None:
    for row in topic.translations.all():
        if row.is_converted:
            continue
        if target := into.written(row.language):
            existing = {name_key(name) for name in (target.label, *target.synonyms.splitlines())}
            new = [name for name in (row.label, *row.synonyms.splitlines()) if name and name_key(name) not in existing]
            write_text(into, row.language, synonyms="\n".join([*target.synonyms.splitlines(), *new]))
        else:
            row.owner = into
            row.save(update_fields=["owner"])
    convert_scripts(into)


def add_topics(item: Item, topics: Iterable[Topic]) -> None:
    """Tag an item with these topics, keeping the topics it has."""
    with record_changes() as change:
        item.topics.add(*topics)
        change.add(Item, [item.pk])
