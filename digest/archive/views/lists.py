"""Lists of items: by section, by source, and the events."""

from dataclasses import replace

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from digest.archive import structured_data
from digest.archive.models import Item, Section, Source
from digest.archive.models.item_queries import IN_LINES
from digest.archive.paging import page_of
from digest.archive.public import public_page

APART_ON_TOP = 6


@public_page
def section(request: HttpRequest, language: str, kind: str) -> HttpResponse:
    items = Item.objects.published().of_kind(kind).select_related("source")
    page = page_of(items.newest_first(), request)
    # By date they would come last, on the hundredth page of a grown archive, and no issue leads to them.
    apart = list(items.apart()[:APART_ON_TOP]) if page.number == 1 else []
    page = replace(page, rows=[item for item in page.rows if item not in apart])
    prefetch_related_objects([*apart, *page.rows], *IN_LINES)
    context = {"kind": kind, "label": Section(kind).label, "page": page, "apart": apart}
    return render(request, "archive/section.html", context)


@public_page
def events(request: HttpRequest, language: str) -> HttpResponse:
    today = timezone.localdate()
    events = Item.objects.published().select_related("source")
    page = page_of(events.past(today), request)
    coming = list(events.coming(today)) if page.number == 1 else []
    prefetch_related_objects([*coming, *page.rows], *IN_LINES)  # for both lists at once
    context = {"coming": coming, "page": page, "json_ld": structured_data.events(coming)}
    return render(request, "archive/events.html", context)


@public_page
def source(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    source = get_object_or_404(Source.objects.prefetch_related("translations"), slug=slug)
    # A source shows itself only through what it has published here: an unused one may be an editor's draft.
    page = page_of(Item.objects.published().filter(source=source).newest_first().with_lines(), request)
    if not page.rows:
        raise Http404
    return render(request, "archive/source.html", {"source": source, "page": page})
