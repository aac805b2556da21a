"""Running several functions at the same time in threads."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections


def at_once(tasks: Sequence[Callable[[], Any]], seconds: float = 60) -> list[Any]:
    """Start all tasks together, each on its own database connection, and return their results or exceptions."""
    barrier, results = threading.Barrier(len(tasks)), []

    def run(task: Callable[[], Any]) -> None:
        barrier.wait(20)
        try:
            results.append(task())
        except Exception as error:  # returned to the caller, or it would be lost with the thread
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    return results
