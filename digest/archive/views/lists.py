"""Lists of items: by section, by source, and the events."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from digest.archive import structured_data
from digest.archive.models import Item, Section, Source
from digest.archive.paging import page_of
from digest.archive.public import public_page

COMING = 60  # events shown as coming; the past is paged


@public_page
def section(request: HttpRequest, language: str, kind: str) -> HttpResponse:
    page = page_of(Item.objects.published().of_kind(kind).newest_first().with_texts(), request)
    return render(request, "archive/section.html", {"kind": kind, "label": Section(kind).label, "page": page})


@public_page
def events(request: HttpRequest, language: str) -> HttpResponse:
    today = timezone.localdate()
    events = Item.objects.published().with_texts()
    page = page_of(events.past(today), request)
    coming = list(events.coming(today)[:COMING]) if page.number == 1 else []
    context = {"coming": coming, "page": page, "json_ld": structured_data.events(coming, language)}
    return render(request, "archive/events.html", context)


@public_page
def source(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    source = get_object_or_404(Source.objects.prefetch_related("translations"), slug=slug)
    # A source shows itself only through what it has published here: an unused one may be an editor's draft.
    items = Item.objects.published().filter(source=source).newest_first().with_texts()
    get_object_or_404(items[:1])
    return render(request, "archive/source.html", {"source": source, "page": page_of(items, request)})
