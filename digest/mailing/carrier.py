"""A sender's connection to the server: a thread of its own, which never touches the database."""

import logging
import queue
import threading

from digest.mailing.outbox import Claimed
from digest.mailing.outcomes import Fate, Letter, Outcome, Transport

logger = logging.getLogger(__name__)

Tasks = list[tuple[Claimed, Letter]]  # one, or as many of one edition as a transport takes at once
Results = list[tuple[Claimed, Outcome]]


class Carrier(threading.Thread):
    """One connection: takes letters, hands them over, reports."""

    def __init__(self, transport: Transport, reports: "queue.SimpleQueue[tuple[Carrier, Results]]") -> None:
        super().__init__(daemon=True)
        self.transport = transport
        self._reports = reports
        self.letters: queue.SimpleQueue[Tasks | None] = queue.SimpleQueue()

    def run(self) -> None:
        while (tasks := self.letters.get()) is not None:
            try:
                outcomes = self._hand_over([letter for _claimed, letter in tasks])
            except Exception as error:  # one odd mail stops nobody; where it happened, nobody knows
                logger.exception("mail: deliveries %s", [claimed.id for claimed, _letter in tasks])
                outcomes = [Outcome(Fate.UNCERTAIN, f"{type(error).__name__}: {error}")] * len(tasks)
            self._reports.put((self, [(task[0], outcome) for task, outcome in zip(tasks, outcomes, strict=True)]))
        self.transport.close()

    def _hand_over(self, letters: list[Letter]) -> list[Outcome]:
        return [self.transport.send(letters[0])] if len(letters) == 1 else self.transport.send_all(letters)
