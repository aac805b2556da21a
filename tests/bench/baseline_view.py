"""A plain Django view of an issue, to compare with cached fragments."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from digest.archive.models import Issue, Placement, Section


def issue(request: HttpRequest, language: str, number: str) -> HttpResponse:
    """Show an issue as most Django sites would: prefetch its items and render one template."""
    issue: Any = get_object_or_404(Issue.objects.published().prefetch_related("translations"), number=number)
    placements = (
        Placement.objects.public()
        .filter(issue=issue)
        .in_reading_order()
        .select_related("item__source")
        .prefetch_related(
            "translations",
            "item__translations",
            "item__source__translations",
            "item__links",
            "item__places",
            "item__corrections",
            "item__figures__translations",
            "item__further_reading__translations",
        )
    )
    sections = [
        {"key": key, "label": label, "placements": [row for row in placements if row.section == key]}
        for key, label in Section.choices
    ]
    return render(request, "bench/plain.html", {"issue": issue, "sections": sections})
