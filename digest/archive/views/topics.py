"""The list of topics, and one topic with its items and its timeline."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from digest.archive import structured_data
from digest.archive.decorators import public_page
from digest.archive.models import Item, Topic, TopicAlias
from digest.archive.pagination import paginate
from digest.archive.topic_timeline import build_timeline
from digest.common.languages import LANGUAGES, sort_key


@public_page
def topics(request: HttpRequest, language: str) -> HttpResponse:
    by_facet: dict[str, list[Topic]] = {facet: [] for facet in Topic.Facet.values}
    for topic in Topic.objects.visible().prefetch_related("translations"):
        by_facet[topic.facet].append(topic)
    facets = [(Topic.Facet(facet).label, sorted(rows, key=_label_key)) for facet, rows in by_facet.items() if rows]
    context = {"facets": facets, "json_ld": structured_data.topic_set(language)}
    return render(request, "archive/topics.html", context)


@public_page
def topic(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    neighbours = Topic.objects.visible().with_neighbours(slug).prefetch_related("translations")
    topics = sorted(neighbours, key=_label_key)
    topic = next((other for other in topics if other.slug == slug), None)
    if topic is None:
        return _redirect_former_slug(language, slug)
    has_topic = {"topic_ties__tag": topic} if topic.facet != Topic.Facet.COLLECTION else {"further_reading": topic}
    items = Item.objects.published().filter(**has_topic).newest_first().with_list_details()
    context = {
        "topic": topic,
        "label": topic.label,
        "broader": [other for other in topics if other.is_broader],
        "narrower": [other for other in topics if other.is_narrower],
        "other_labels": [
            text for code in LANGUAGES if code != language and (text := topic.text("label", code)).language == code
        ],
        "definition": topic.text("definition"),
        "synonyms": topic.text("synonyms"),
        "page": paginate(items, request),
        "timeline": build_timeline(topic),
        "json_ld": structured_data.topic(topic, language),
    }
    return render(request, "archive/topic.html", context)


def _label_key(topic: Topic) -> Any:
    return sort_key(str(topic.label))


def _redirect_former_slug(language: str, slug: str) -> HttpResponse:
    """Redirect permanently from the former address of a renamed or merged topic."""
    alias = TopicAlias.objects.filter(slug=slug).select_related("topic").first()
    if alias is None:
        raise Http404
    return redirect("archive:topic", language, alias.topic.slug, permanent=True)
