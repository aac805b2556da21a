"""Queries compiled once a process: Django makes a query set's SQL anew each time, often for longer than it runs."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet


class Statement:
    """A query set of values whose SQL is kept, for the few queries that every reader's page makes.

    `build` makes the query set from `markers`: values that stand for those that `rows` is given later, in the same
    order. They must be of the fields' types and ranges, and unlike each other and every constant in the query.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Any]"], *markers: int | str) -> None:
        self._build = build
        self._markers = markers

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...], Any, dict[int, Any]]:
        compiler: Any = self._build(*self._markers).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        return sql, parameters, compiler, compiler.get_converters([column[0] for column in compiler.select])

    def rows(self, *values: int | str) -> list[Any]:
        """The rows for these values, as `values_list` gives them."""
        sql, parameters, compiler, converters = self._compiled
        given = dict(zip(self._markers, values, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(sql, [given.get(parameter, parameter) for parameter in parameters])
            rows = cursor.fetchall()
        return list(compiler.apply_converters(rows, converters)) if converters else rows
