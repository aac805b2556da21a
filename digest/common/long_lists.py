"""Lists in the admin of tables that may have millions of rows."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST = 5000  # rows that can be paged through; whoever wants another one searches for it


class NewestPages(Paginator):  # type: ignore[type-arg]
    """Counts no further than `MOST`, so that neither the count nor the last page reads a whole table."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST].count())
