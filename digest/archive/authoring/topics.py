"""Topics: made, renamed and merged without losing an address."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from digest.archive.authoring.deletions import forget_deletion, record_deletion
from digest.archive.authoring.effects import touch_topic
from digest.archive.authoring.texts import convert_scripts, write_text
from digest.archive.changes import recording
from digest.archive.models import Item, ItemTopic, Topic, TopicAlias
from digest.common.text import name_key


def create_topic(name: str, *, slug: str = "", facet: str = Topic.Facet.PRACTICES, **values: Any) -> Topic:
    """A new topic; its labels are written with `write_text`."""
    topic = Topic(name=name, slug=slug, facet=facet, **values)
    save_topic(topic)
    return topic


def save_topic(topic: Topic) -> None:
    """Save a topic. Where its slug differs from the stored one, the old address leads to the new one from now on."""
    with recording() as change:
        old = Topic.objects.filter(pk=topic.pk).values_list("slug", flat=True).first()
        topic.save()
        if old is not None and old != topic.slug:
            TopicAlias.objects.filter(slug=topic.slug).delete()
            TopicAlias.objects.update_or_create(slug=old, defaults={"topic": topic})
        if old is None:
            forget_deletion(topic)
        touch_topic(change, topic)


def rename_topic(topic: Topic, slug: str) -> None:
    """Move a topic to a new address; the old one redirects from now on."""
    if slug != topic.slug:
        topic.slug = slug
        save_topic(topic)


def merge_topics(topics: Iterable[Topic], into: Topic) -> None:
    """Hand the items, narrower topics and addresses of topics over to `into`; their labels become its synonyms.

    Raises ValidationError for a topic that would be merged into itself.
    """
    with recording():
        for topic in topics:
            _merge(topic, into)


def _merge(topic: Topic, into: Topic) -> None:
    if topic.pk == into.pk:
        raise ValidationError(_("A topic cannot be merged into itself."))
    with recording() as change:
        touch_topic(change, topic)
        taken = ItemTopic.objects.filter(tag=into).values("content_object")
        ItemTopic.objects.filter(tag=topic).exclude(content_object__in=taken).update(tag=into)
        below = into.ancestors() | {into.pk}
        for narrower in topic.narrower.exclude(pk__in=below):
            narrower.broader.add(into)
        into.read_on_from.add(*topic.read_on_from.all())
        _hand_over_labels(topic, into)
        topic.aliases.update(topic=into)
        pk, slug = topic.pk, topic.slug
        topic.delete()
        TopicAlias.objects.update_or_create(slug=slug, defaults={"topic": into})
        record_deletion(change, topic, pk, into.pk)
        touch_topic(change, into)


def _hand_over_labels(topic: Topic, into: Topic) -> None:
    for row in topic.translations.all():
        if row.is_converted:
            continue
        if heir := into.written(row.language):
            have = {name_key(name) for name in (heir.label, *heir.synonyms.splitlines())}
            new = [name for name in (row.label, *row.synonyms.splitlines()) if name and name_key(name) not in have]
            write_text(into, row.language, synonyms="\n".join([*heir.synonyms.splitlines(), *new]))
        else:
            row.owner = into
            row.save(update_fields=["owner"])
    convert_scripts(into)


def add_topics(item: Item, topics: Iterable[Topic]) -> None:
    """Tie an item to these topics as well."""
    with recording() as change:
        item.topics.add(*topics)
        change.add(Item, [item.pk])
