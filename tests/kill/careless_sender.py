"""Senders as others build them, to see that the judge finds what they do.

`again` sends once more what it is not sure of (design B of the reliability notes), `ahead` notes a mail as sent
before it is (design A), `unfenced` does not look whether a row is still its own before it sends (design C).
"""

import time
from collections.abc import Callable
from typing import Any


def _again() -> None:
    from digest.mailing.outbox import claiming

    claiming._MAINTENANCE = tuple(  # type: ignore[assignment]
        statement.replace("SET state = 'uncertain'", "SET state = 'pending'") for statement in claiming._MAINTENANCE
    )


def _ahead() -> None:
    def note(fenced: set[int]) -> set[int]:
        from digest.mailing.models import Delivery

        Delivery.objects.filter(pk__in=fenced).update(state="sent", owner="", lease_until=None)
        time.sleep(0.02)  # what such senders do in between: put it into a queue, render it
        return fenced

    _after_fence(lambda _wanted, fenced: note(fenced))


def _unfenced() -> None:
    _after_fence(lambda wanted, _fenced: wanted)


def _after_fence(change: Callable[[set[int], set[int]], set[int]]) -> None:
    from digest.mailing import outbox

    real: Any = outbox.record_and_fence

    def record_and_fence(owner: str, results: Any, wanted: Any) -> tuple[set[int], list[int]]:
        fenced, stale = real(owner, results, wanted)
        return change({claimed.id for claimed in wanted}, fenced), stale

    outbox.record_and_fence = record_and_fence


WAYS: dict[str, Callable[[], None]] = {"again": _again, "ahead": _ahead, "unfenced": _unfenced}
