"""Updates the topics that subscribers have chosen when topics are merged or deleted."""

from digest.archive.changes import Change
from digest.archive.models import Topic
from digest.subscriptions.preference_changes import replace_topic
from digest.subscriptions.preferences import topic_groups, topic_ids


def update_subscribed_topics(change: Change) -> None:
    """A listener of `archive.changes`: replaces merged topics in subscribers' choices, and removes deleted ones."""
    for old in change.deleted.get(Topic, ()):
        replace_topic(old, change.merged[Topic].get(old), topic_ids(topic_groups()) - {old})
