"""The topics that subscribers may choose from, in the language of the page."""

from digest.archive.models import Topic
from digest.common.languages import sort_key


def topic_choices() -> list[tuple[str, list[tuple[int, str]]]]:
    """For each facet its label, and the id and label of each of its topics; without collections."""
    by_facet: dict[str, list[tuple[int, str]]] = {facet: [] for facet in Topic.Facet.values}
    for topic in Topic.objects.exclude(facet=Topic.Facet.COLLECTION).prefetch_related("translations"):
        by_facet[topic.facet].append((topic.pk, str(topic.label)))
    return [
        (str(Topic.Facet(facet).label), sorted(rows, key=lambda row: sort_key(row[1])))
        for facet, rows in by_facet.items()
        if rows
    ]
