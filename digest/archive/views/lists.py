"""Lists of items: by section, by source, and the events."""

from dataclasses import replace

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from digest.archive import structured_data
from digest.archive.decorators import public_page
from digest.archive.models import Item, Section, Source
from digest.archive.models.item_queryset import LIST_PREFETCH
from digest.archive.pagination import paginate

MAX_UNDATED_STANDALONE = 6


@public_page
def section(request: HttpRequest, language: str, kind: str) -> HttpResponse:
    items = Item.objects.published().of_kind(kind).select_related("source")
    page = paginate(items.newest_first(), request)
    # Sorted by date they would be on the last page, and no issue links to them.
    undated_standalone = list(items.undated_standalone()[:MAX_UNDATED_STANDALONE]) if page.number == 1 else []
    page = replace(page, rows=[item for item in page.rows if item not in undated_standalone])
    prefetch_related_objects([*undated_standalone, *page.rows], *LIST_PREFETCH)
    context = {"kind": kind, "label": Section(kind).label, "page": page, "undated_standalone": undated_standalone}
    return render(request, "archive/section.html", context)


@public_page
def events(request: HttpRequest, language: str) -> HttpResponse:
    today = timezone.localdate()
    events = Item.objects.published().select_related("source")
    page = paginate(events.past_events(today), request)
    upcoming = list(events.upcoming_events(today)) if page.number == 1 else []
    prefetch_related_objects([*upcoming, *page.rows], *LIST_PREFETCH)  # for both lists at once
    context = {"upcoming": upcoming, "page": page, "json_ld": structured_data.events(upcoming)}
    return render(request, "archive/events.html", context)


@public_page
def source(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    source = get_object_or_404(Source.objects.prefetch_related("translations"), slug=slug)
    # A source without published items has no page: it may be an editor's draft.
    page = paginate(Item.objects.published().filter(source=source).newest_first().with_list_details(), request)
    if not page.rows:
        raise Http404
    return render(request, "archive/source.html", {"source": source, "page": page})
