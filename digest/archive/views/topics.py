"""The glossary of topics, and one topic with its items and its course through the issues."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from digest.archive import structured_data
from digest.archive.course import course_of
from digest.archive.models import Item, Topic, TopicAlias
from digest.archive.paging import page_of
from digest.archive.public import public_page
from digest.common.languages import LANGUAGES


@public_page
def topics(request: HttpRequest, language: str) -> HttpResponse:
    by_facet: dict[str, list[Topic]] = {facet: [] for facet in Topic.Facet.values}
    for topic in Topic.objects.shown().prefetch_related("translations"):
        by_facet[topic.facet].append(topic)
    facets = [(Topic.Facet(facet).label, rows) for facet, rows in by_facet.items() if rows]
    context = {"facets": facets, "json_ld": structured_data.topic_set(language)}
    return render(request, "archive/topics.html", context)


@public_page
def topic(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    family = list(Topic.objects.shown().family_of(slug).prefetch_related("translations"))
    topic = next((other for other in family if other.slug == slug), None)
    if topic is None:
        return _moved(language, slug)
    ties = {"topic_ties__tag": topic} if topic.facet != Topic.Facet.COLLECTION else {"further_reading": topic}
    items = Item.objects.published().filter(**ties).newest_first().with_lines()
    context = {
        "topic": topic,
        "label": topic.label,
        "broader": [other for other in family if other.is_broader],
        "narrower": [other for other in family if other.is_narrower],
        "other_labels": [
            text for code in LANGUAGES if code != language and (text := topic.text("label", code)).language == code
        ],
        "definition": topic.text("definition"),
        "synonyms": topic.text("synonyms"),
        "page": page_of(items, request),
        "course": course_of(topic),
        "json_ld": structured_data.topic(topic, language),
    }
    return render(request, "archive/topic.html", context)


def _moved(language: str, slug: str) -> HttpResponse:
    """A renamed or merged topic's old address leads to the new one for good."""
    alias = TopicAlias.objects.filter(slug=slug).select_related("topic").first()
    if alias is None:
        raise Http404
    return redirect("archive:topic", language, alias.topic.slug, permanent=True)
