"""Pages of a list by `?page=N`, without counting the whole list: a page knows its neighbours, not the total."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

LENGTH = 20  # rows on a page


@dataclass(frozen=True)
class Page:
    """One page of a list; `number` counts from 1."""

    rows: list[Any]
    number: int
    has_older: bool

    @property
    def newer(self) -> int:
        return self.number - 1

    @property
    def older(self) -> int:
        return self.number + 1 if self.has_older else 0


def page_of(rows: "QuerySet[Any]", request: HttpRequest, length: int = LENGTH) -> Page:
    """The page that `?page=` asks for; 404 where it is no number or past the end."""
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and int(text) >= 1):
        raise Http404
    number = int(text)
    request.page_number = number  # type: ignore[attr-defined]  # this address has pages: see common.context
    start = (number - 1) * length
    found = list(rows[start : start + length + 1])
    if not found and number > 1:
        raise Http404
    return Page(found[:length], number, len(found) > length)
