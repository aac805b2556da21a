"""A process whose clock is wrong, as on a machine that nobody sets; the database's clock is not touched."""

import datetime as dt
import time

from django.utils import timezone

_real_time, _real_now = time.time, timezone.now


def set_wrong(seconds: float, after: float = 0.0) -> None:
    """From `after` seconds on, all that this process takes for the time is off by so much."""
    begins = time.monotonic() + after

    def off() -> float:
        return seconds if time.monotonic() >= begins else 0.0

    time.time = lambda: _real_time() + off()
    timezone.now = lambda: _real_now() + dt.timedelta(seconds=off())
