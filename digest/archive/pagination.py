"""Pages of a list by `?page=N`, without counting all rows: a page knows its neighbours, not the total."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

PAGE_SIZE = 20


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


def paginate(rows: "QuerySet[Any]", request: HttpRequest, page_size: int = PAGE_SIZE) -> Page:
    """The page that `?page=` asks for. Raises Http404 if that is not a number or is past the end."""
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and int(text) >= 1):
        raise Http404
    number = int(text)
    request.page_number = number  # type: ignore[attr-defined]  # tells `common.context` that this address has pages
    start = (number - 1) * page_size
    found = list(rows[start : start + page_size + 1])
    if not found and number > 1:
        raise Http404
    return Page(found[:page_size], number, len(found) > page_size)
