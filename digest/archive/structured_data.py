"""JSON-LD for search engines in the vocabulary of https://schema.org/, by kind of page and item."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from digest.archive.fragments import Fragment
from digest.archive.models import Issue, Item, Topic
from digest.common.dates import iso_date
from digest.common.languages import bcp47
from digest.common.sanitising import plain_text

CONTEXT = "https://schema.org"
ATTENDANCE = {
    "onsite": "OfflineEventAttendanceMode",
    "online": "OnlineEventAttendanceMode",
    "hybrid": "MixedEventAttendanceMode",
}
TYPES = {
    "paper": "ScholarlyArticle",
    "feature": "Article",
    "news": "NewsArticle",
    "law": "Legislation",
    "plan": "Report",
    "report": "Report",
    "consultation": "Report",
    "handbook": "Report",
    "standard": "TechArticle",
    "dataset": "Dataset",
    "tool": "WebApplication",
    "platform": "WebApplication",
    "conference": "Event",
    "symposium": "Event",
}
KIND_TYPES = {
    "research": "ScholarlyArticle",
    "news": "NewsArticle",
    "policy": "Report",
    "data": "Dataset",
    "event": "Event",
}
Data = dict[str, Any]


def periodical(language: str) -> Data:
    """The newsletter itself."""
    return {"@context": CONTEXT, **_periodical(language), "publisher": _publisher()}


def issue(issue: Issue, language: str, fragments: Iterable[Fragment]) -> Data:
    """PublicationIssue with its parts."""
    # Resolved once, since an issue has many parts.
    items = _url(reverse("archive:item", args=[language, 1])).removesuffix("1/")
    return _without_empty(
        {
            "@context": CONTEXT,
            "@type": "PublicationIssue",
            "@id": _url(issue.get_absolute_url()),
            "issueNumber": issue.number,
            "name": str(issue.text("title")),
            "datePublished": issue.date.isoformat() if issue.date else "",
            "inLanguage": bcp47(language),
            "isPartOf": _periodical(language),
            "publisher": _publisher(),
            "hasPart": [
                {
                    "@type": "CreativeWork",
                    "@id": f"{items}{fragment.item_id}/",
                    "name": fragment.title.value,
                }
                for fragment in fragments
            ],
        }
    )


def item(item: Item, language: str) -> Data:
    """An item by its kind: ScholarlyArticle, NewsArticle, Legislation, Report, Dataset, Event ..."""
    kind = TYPES.get(item.genre) or KIND_TYPES[item.kind]
    title, summary = item.title, item.text("summary_html")
    english = item.text("title", "en")
    data: Data = {
        "@context": CONTEXT,
        "@type": kind,
        "@id": _url(item.get_absolute_url()),
        "url": _url(item.get_absolute_url()),
        "name": str(title),
        "alternateName": str(english) if str(english) != str(title) else "",
        "inLanguage": bcp47(title.language),
        "description": plain_text(summary.value),
        "keywords": [str(row.tag.label) for row in item.topic_ties.all()],
        "about": [{"@type": "Place", "name": place.name} for place in item.places.all()],
    }
    data |= _event(item) if kind == "Event" else _work(item, kind)
    return _without_empty(data)


def _work(item: Item, kind: str) -> Data:
    source = {"@type": "Periodical" if kind == "ScholarlyArticle" else "Organization", "name": str(item.source_name)}
    date = {"Legislation": "legislationDate", "Dataset": "dateModified"}.get(kind, "datePublished")
    data: Data = {
        "headline": str(item.title)[:110] if kind.endswith("Article") else "",
        date: iso_date(item.date, item.date_precision),
        "author": [
            {"@type": "Organization" if name.startswith("{") else "Person", "name": name.strip("{}")}
            for name in item.author_list
        ],
        "isPartOf" if kind == "ScholarlyArticle" else "publisher": source if item.source else "",
        "identifier": {"@type": "PropertyValue", "propertyID": "DOI", "value": item.doi} if item.doi else "",
        "sameAs": [item.doi_url]
        if item.doi
        else [link.url for link in item.links_with_address if link.role == "original"],
        "pagination": item.pages,
        "abstract": plain_text(item.text("abstract_html").value),
    }
    if kind == "WebApplication":
        data["applicationCategory"] = "Agriculture"
    if kind == "Legislation":
        data["legislationJurisdiction"] = [place.name for place in item.places.all()]
    if kind == "Dataset":
        data["distribution"] = [
            {"@type": "DataDownload", "contentUrl": link.url}
            for link in item.links_with_address
            if link.role == "data"
        ]
    return data


def _event(item: Item) -> Data:
    place = str(item.text("place"))
    location_type = "VirtualLocation" if item.attendance == "online" else "Place"
    mode = ATTENDANCE.get(item.attendance)
    return {
        "startDate": iso_date(item.date, item.date_precision),
        "endDate": iso_date(item.date_end or item.date, item.date_precision),
        "eventAttendanceMode": f"{CONTEXT}/{mode}" if mode else "",
        "eventStatus": f"{CONTEXT}/EventScheduled",
        "location": {"@type": location_type, "name": place} if place else "",
        "organizer": {"@type": "Organization", "name": str(item.source_name)} if item.source else "",
    }


def events(items: Iterable[Item]) -> Data:
    """The upcoming events: ItemList."""
    return {
        "@context": CONTEXT,
        "@type": "ItemList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "url": _url(event.get_absolute_url()),
                "name": str(event.title),
            }
            for position, event in enumerate(items, 1)
        ],
    }


def topic_set(language: str) -> Data:
    """The list of topics: DefinedTermSet."""
    return {
        "@context": CONTEXT,
        "@type": "DefinedTermSet",
        "@id": _url(reverse("archive:topics", args=[language])),
        "name": _("Topics of the SNZ Digest"),
        "inLanguage": bcp47(language),
    }


def topic(topic: Topic, language: str) -> Data:
    """A topic: DefinedTerm in the set of topics."""
    return _without_empty(
        {
            "@context": CONTEXT,
            "@type": "DefinedTerm",
            "@id": _url(topic.get_absolute_url()),
            "name": str(topic.label),
            "alternateName": topic.text("synonyms").value.splitlines(),
            "description": str(topic.text("definition")),
            "termCode": topic.slug,
            "inDefinedTermSet": _url(reverse("archive:topics", args=[language])),
            "sameAs": [topic.agrovoc_uri] if topic.agrovoc_match == Topic.Match.EXACT else [],
        }
    )


def _periodical(language: str) -> Data:
    return {
        "@type": "Periodical",
        "@id": _url(reverse("archive:home", args=[language])),
        "name": _("FFTC Smart & Net-Zero Agrifood Systems Newsletter"),
        "inLanguage": ["zh-Hant", "zh-Hans", "en"],
    }


def _publisher() -> Data:
    return {
        "@type": "Organization",
        "name": "Food and Fertilizer Technology Center for the Asian and Pacific Region (FFTC)",
    }


def _url(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _without_empty(data: Data) -> Data:
    return {key: value for key, value in data.items() if value not in ("", [], None)}
