"""What subscribers chose follows the topics: the archive and the subscriptions do not know each other."""

from digest.archive.changes import Change
from digest.archive.models import Topic
from digest.subscriptions.preference_changes import replace_topic
from digest.subscriptions.preferences import topic_groups, topic_ids


def follow_topics(change: Change) -> None:
    """A listener: a chosen topic that was merged is replaced by the other one, and a deleted one is dropped."""
    for old in change.deleted.get(Topic, ()):
        replace_topic(old, change.merged[Topic].get(old), topic_ids(topic_groups()) - {old})
