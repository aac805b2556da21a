"""One background thread per process, for tasks that requests should not wait for."""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

Task = Callable[[], None]


class BackgroundWorker:
    """Runs tasks one after another in a thread that starts with the first task. A task is queued at most once.

    An exception in a task is logged with a traceback and ends the thread; the next task starts a new thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reset()

    def _reset(self) -> None:
        self._queue: SimpleQueue[tuple[Task, threading.Event]] = SimpleQueue()
        self._queued: set[Task] = set()
        self._thread: threading.Thread | None = None
        self._process = os.getpid()

    def submit(self, task: Task, wait: float = 0) -> None:
        """Queue a task, and wait up to `wait` seconds for it. Return at once if the task is already in the queue."""
        with self._lock:
            if self._process != os.getpid():  # forked: the child has no copy of the thread
                self._reset()
            if self._thread is None or not self._thread.is_alive():
                self._queued.clear()
                self._thread = threading.Thread(
                    target=self._run, args=(self._queue,), name="page-cache-worker", daemon=True
                )
                self._thread.start()
            if task in self._queued:
                return
            self._queued.add(task)
            done = threading.Event()
            self._queue.put((task, done))
        if wait:
            done.wait(wait)

    def _run(self, queue: "SimpleQueue[tuple[Task, threading.Event]]") -> None:
        while True:
            task, done = queue.get()
            self._queued.discard(task)  # before it runs: changes from now on may need another run
            try:
                task()
            finally:
                done.set()
