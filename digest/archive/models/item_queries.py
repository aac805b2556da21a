"""Choosing items: what readers may see, lists with all they show, events by day."""

import datetime as dt
from typing import Any, Self

from django.db import models

from digest.archive.models.issue import Placement, Section
from digest.archive.models.state import PublishableQuerySet
from digest.common.text import name_key

# What the entries of a list show, beside the rows themselves.
IN_LINES = (
    *("translations", "source__translations", "places"),
    *("links", "corrections", "further_reading__translations"),
)


class ItemQuerySet(PublishableQuerySet):
    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def newest_first(self) -> Self:
        """By date; items without one come last."""
        return self.order_by("-sort_date", "-pk")

    def apart(self) -> Self:
        """Items that neither a date nor an issue leads to, the last entered first."""
        return self.filter(sort_date=dt.date.min, placements__isnull=True).order_by("-pk")

    def with_texts(self) -> Self:
        """What a mention of an item needs, in a fixed number of queries."""
        return self.select_related("source").prefetch_related("translations", "source__translations", "places")

    def with_lines(self) -> Self:
        """Everything an item's entry in a list needs, in a fixed number of queries."""
        return self.select_related("source").prefetch_related(*IN_LINES)

    def titled(self, title: str, language: str) -> Self:
        """Items whose written title in this language is the same but for width, case, spaces and punctuation."""
        return self.filter(
            translations__title_key=name_key(title)[:300],
            translations__language=language,
            translations__origin="written",
        ).distinct()

    def in_published_issues(self) -> Self:
        return self.filter(pk__in=Placement.objects.in_published_issues().values("item"))

    def awaiting_issue(self) -> Self:
        """Items whose issues are all unpublished: they come out with the first of them."""
        return (
            self.filter(placements__isnull=False).exclude(pk__in=self.model.objects.in_published_issues()).distinct()
        )

    def coming(self, today: Any) -> Self:
        """Events that have not ended, soonest first."""
        return self.of_kind(Section.EVENT).filter(last_day__gte=today).order_by("date", "pk")

    def past(self, today: Any) -> Self:
        """Events that have ended, latest first; events without a date count as past."""
        ended = models.Q(last_day__lt=today) | models.Q(last_day__isnull=True)
        return self.of_kind(Section.EVENT).filter(ended).newest_first()
