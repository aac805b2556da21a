"""One thread a worker for what no request should wait long for: looking at the database, tidying the folder."""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

Task = Callable[[], None]


class Attendant:
    """Does tasks one after another, each at most once in the queue. Its thread starts with the first task.

    A task that raises ends the thread, with a traceback in the log; the next task gets a new one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._queue: SimpleQueue[tuple[Task, threading.Event]] = SimpleQueue()
        self._waiting: set[Task] = set()
        self._thread: threading.Thread | None = None
        self._process = os.getpid()

    def ask(self, task: Task, wait: float = 0) -> None:
        """Have a task done, and wait for it as many seconds at most. One already in the queue is not waited for."""
        with self._lock:
            if self._process != os.getpid():  # forked: threads stay behind with the parent
                self._begin()
            if self._thread is None or not self._thread.is_alive():
                self._waiting.clear()
                self._thread = threading.Thread(target=self._work, args=(self._queue,), name="attendant", daemon=True)
                self._thread.start()
            if task in self._waiting:
                return
            self._waiting.add(task)
            done = threading.Event()
            self._queue.put((task, done))
        if wait:
            done.wait(wait)

    def _work(self, queue: "SimpleQueue[tuple[Task, threading.Event]]") -> None:
        while True:
            task, done = queue.get()
            self._waiting.discard(task)  # before it begins: what happens from now on may need another go
            try:
                task()
            finally:
                done.set()
