"""Several things at the same moment, in threads of this process."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections


def at_once(tasks: Sequence[Callable[[], Any]], seconds: float = 60) -> list[Any]:
    """The results of all, begun together, each on a connection of its own; an error is a result, too."""
    barrier, results = threading.Barrier(len(tasks)), []

    def run(task: Callable[[], Any]) -> None:
        barrier.wait(20)
        try:
            results.append(task())
        except Exception as error:  # it would end with its thread, unseen: whoever asked judges it
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    return results
