"""A sender's connection to the server: a thread of its own, which never touches the database."""

import logging
import queue
import threading

from digest.mailing.models import Delivery
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
                results = self._hand_over(tasks)
            except Exception as error:  # what went wrong in here, and how far it came, nobody knows; the next may go
                logger.exception("mail: deliveries %s", [claimed.id for claimed, _letter in tasks])
                outcome = Outcome(Fate.UNCERTAIN, f"{type(error).__name__}: {error}", Delivery.Reason.FAULT)
                results = [(claimed, outcome) for claimed, _letter in tasks]
            self._reports.put((self, results))
        self.transport.close()

    def _hand_over(self, tasks: Tasks) -> Results:
        if len(tasks) == 1:
            claimed, letter = tasks[0]
            return [(claimed, self.transport.send(letter))]
        outcomes = self.transport.send_all([letter for _claimed, letter in tasks])
        return [(task[0], outcome) for task, outcome in zip(tasks, outcomes, strict=True)]
