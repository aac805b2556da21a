"""A connection of the sender: a thread of its own, which never uses the database."""

import logging
import queue
import threading

from digest.mailing.models import Delivery
from digest.mailing.outbox import Claimed
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage, Transport

logger = logging.getLogger(__name__)

Tasks = list[tuple[Claimed, OutgoingMessage]]  # one, or up to `Transport.batch` of the same edition
Results = list[tuple[Claimed, DeliveryResult]]


class ConnectionWorker(threading.Thread):
    """Sends the messages that are put into `tasks` over one connection, and reports the results."""

    def __init__(self, transport: Transport, reports: "queue.SimpleQueue[tuple[ConnectionWorker, Results]]") -> None:
        super().__init__(daemon=True)
        self.transport = transport
        self._reports = reports
        self.tasks: queue.SimpleQueue[Tasks | None] = queue.SimpleQueue()

    def run(self) -> None:
        while (tasks := self.tasks.get()) is not None:
            try:
                results = self._send(tasks)
            except Exception as error:  # a bug: how far the message got is unknown, and other messages go on
                logger.exception("mail: deliveries %s", [claimed.id for claimed, _message in tasks])
                result = DeliveryResult(
                    DeliveryStatus.UNCERTAIN, f"{type(error).__name__}: {error}", Delivery.Reason.FAULT
                )
                results = [(claimed, result) for claimed, _message in tasks]
            self._reports.put((self, results))
        self.transport.close()

    def _send(self, tasks: Tasks) -> Results:
        if len(tasks) == 1:
            claimed, message = tasks[0]
            return [(claimed, self.transport.send(message))]
        results = self.transport.send_all([message for _claimed, message in tasks])
        return [(task[0], result) for task, result in zip(tasks, results, strict=True)]
