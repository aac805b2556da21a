"""The sender: this thread uses the database, and one thread for each connection talks to the mail server."""

import itertools
import logging
import queue
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from django.db import Error, connection

from digest.mailing import outbox
from digest.mailing.connection import ConnectionWorker, Results, Tasks
from digest.mailing.message_ids import envelope_sender
from digest.mailing.models import Delivery
from digest.mailing.outbox import Claimed
from digest.mailing.personalize import MessageBuilder
from digest.mailing.results import DeliveryResult, DeliveryStatus, OutgoingMessage, Transport

logger = logging.getLogger(__name__)

BATCH = 100  # rows claimed at a time, for each connection up to 8
MAINTENANCE_SECONDS = 1.0  # between two runs of the outbox maintenance
MAX_LOST_CONNECTIONS = 5  # lost in a row: then the server is at fault
STOP_SECONDS = 8.0  # that messages in flight have to finish, once asked to stop
STOP_CHECK_SECONDS = 0.1  # while idle, how often to check whether to stop


@dataclass
class SendStats:
    """What a sender has done since it started."""

    statuses: Counter[DeliveryStatus] = field(default_factory=Counter)
    since: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Messages sent per second."""
        return self.statuses[DeliveryStatus.SENT] / max(time.monotonic() - self.since, 0.001)


class Sender:
    """Sends due messages until `stop()` is called or, with `once`, until none is due."""

    def __init__(
        self,
        open_transport: Callable[[], Transport],
        *,
        connections: int = 8,
        rate: float = 0,
        watch: Callable[[SendStats], None] = lambda _stats: None,
    ) -> None:
        self.owner = str(uuid.uuid4())
        self.stats = SendStats()
        self._reports: queue.SimpleQueue[tuple[ConnectionWorker, Results]] = queue.SimpleQueue()
        self._free = [ConnectionWorker(open_transport(), self._reports) for _ in range(connections)]
        self._workers = list(self._free)
        self._batch = self._workers[0].transport.batch
        self._rate, self._next_start = rate, 0.0
        self._watch = watch
        self._claimed: OrderedDict[int, Claimed] = OrderedDict()
        self._possibly_fenced: list[int] = []  # after a lost commit; none of them was begun
        self._in_flight_file = outbox.InFlightFile(self.owner)  # to recognise a restored database
        self._results: Results = []  # not recorded yet
        self._builder = MessageBuilder()
        self._next_maintenance = 0.0
        self._lost_in_a_row = 0
        self._had_fault = True  # there may have been one before this sender started
        self._is_stopping = False

    def stop(self) -> None:
        """Finish the messages in flight and begin no others; may be called from a signal handler."""
        self._is_stopping = True  # without a lock, which the interrupted thread might hold

    def run(self, *, once: bool = False) -> None:
        """Send. While the database is unavailable, wait: nothing is sent whose result could not be recorded."""
        for worker in self._workers:
            worker.start()
        is_prepared = False
        retry_seconds = 0.1
        try:
            while not self._is_stopping:
                try:
                    if not is_prepared:
                        self._in_flight_file.open()
                        outbox.make_durable()
                        outbox.check_restore()
                        self._undo_possible_fences()
                        outbox.release_orphaned_claims(self.owner, self._claimed)
                        is_prepared = True
                    if not self._run_once() and once and self._is_done():
                        break
                    retry_seconds = 0.1
                except (Error, OSError) as error:  # OSError also for a full disk
                    logger.warning(
                        "mail: the database is not available, waiting: %s",
                        str(error).strip(),
                        extra={"is_outage": True},
                    )
                    connection.close()
                    is_prepared = False
                    self._pause(retry_seconds)
                    retry_seconds = min(retry_seconds * 2, 2.0)
        finally:
            self._finish()

    # --- one round -------------------------------------------------------------------------------------------

    def _run_once(self) -> bool:
        """Record results and send what is due; returns whether there was anything to do."""
        if time.monotonic() >= self._next_maintenance:
            outbox.check_restore()  # before leases are looked at, which may be from a backup
            outbox.run_maintenance()
            if self._claimed and outbox.has_notices():
                self._release_claimed()  # a confirmation does not wait behind a newsletter
            self._next_maintenance = time.monotonic() + MAINTENANCE_SECONDS
            self._watch(self.stats)
        self._collect()
        if self._free and not self._claimed:
            self._in_flight_file.set(None)
            for claimed in outbox.claim(self.owner, BATCH * min(len(self._workers), 8)):
                self._claimed[claimed.id] = claimed
            self._in_flight_file.set(len(self._claimed))
        chosen = self._choose()
        if self._results or chosen:
            self._record_and_send(chosen)
            return True
        if self._in_flight:
            self._wait_for_report(MAINTENANCE_SECONDS)
            return True
        self._pause(self._idle_seconds())
        return False

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._is_stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, STOP_CHECK_SECONDS))

    @property
    def _in_flight(self) -> int:
        return len(self._workers) - len(self._free)

    def _collect(self) -> None:
        while not self._reports.empty():
            self._receive(*self._reports.get())

    def _wait_for_report(self, seconds: float) -> None:
        try:
            self._receive(*self._reports.get(timeout=seconds))
        except queue.Empty:
            return

    def _receive(self, worker: ConnectionWorker, results: Results) -> None:
        self._free.append(worker)
        self._results += results
        self.stats.statuses.update(result.status for _claimed, result in results)

    def _choose(self) -> list[list[Claimed]]:
        """The next messages in order, up to a batch for each free connection; none if the server is at fault."""
        if any(result.is_fault for _claimed, result in self._results):
            return []
        room = len(self._free) * self._batch
        if self._rate and room:
            now = time.monotonic()
            room = min(room, int((now - self._next_start) * self._rate) + 1) if now >= self._next_start else 0
        batches: list[list[Claimed]] = []
        fillable: dict[int | None, list[Claimed]] = {}  # by edition: a batch that is not full
        for claimed in list(itertools.islice(self._claimed.values(), room)):
            batch = fillable.get(claimed.edition_id)
            if batch is None or len(batch) == self._batch or claimed.edition_id is None:
                if len(batches) == len(self._free):
                    break
                batch = fillable[claimed.edition_id] = []
                batches.append(batch)
            batch.append(self._claimed.pop(claimed.id))
        return batches

    def _record_and_send(self, batches: list[list[Claimed]]) -> None:
        chosen = [claimed for batch in batches for claimed in batch]
        results = self._results
        try:
            built = {claimed.id: self._build(claimed) for claimed in chosen}
            fenced, stale = outbox.record_and_fence(self.owner, results, chosen)
        except Error:
            # None of them was begun: they go back to the front of the queue.
            self._possibly_fenced += [claimed.id for claimed in chosen]
            for claimed in reversed(chosen):
                self._claimed[claimed.id] = claimed
                self._claimed.move_to_end(claimed.id, last=False)
            raise
        self._results = []
        self._in_flight_file.set(len(self._claimed))
        for delivery in stale:
            logger.warning("mail: delivery %d was no longer ours when its result arrived", delivery)
        for batch in batches:
            self._send([(claimed, built[claimed.id]) for claimed in batch if claimed.id in fenced])
        if len(fenced) < len(chosen):
            outbox.release(self.owner, [claimed.id for claimed in chosen if claimed.id not in fenced])
        self._update_pause([result for _claimed, result in results])

    def _send(self, built: list[tuple[Claimed, OutgoingMessage | DeliveryResult]]) -> None:
        tasks: Tasks = []
        for claimed, message in built:
            if isinstance(message, DeliveryResult):
                self._results.append((claimed, message))
                self.stats.statuses[message.status] += 1
            else:
                tasks.append((claimed, message))
        if tasks:
            self._free.pop().tasks.put(tasks)
        if tasks and self._rate:
            self._next_start = max(self._next_start, time.monotonic() - 1) + len(tasks) / self._rate

    def _build(self, claimed: Claimed) -> OutgoingMessage | DeliveryResult:
        """One recipient's message. If it cannot be built, only this delivery fails."""
        try:
            message = OutgoingMessage(envelope_sender(claimed.id), claimed.address, self._builder.build(claimed))
            if self._batch == 1 or claimed.edition_id is None:
                return message
            return replace(
                message, template=self._builder.template(claimed.edition_id), values=self._builder.values(claimed)
            )
        except Error:
            raise
        except Exception as error:  # a bug with this recipient or edition must not stop the others
            logger.exception("mail: delivery %d cannot be built", claimed.id)
            return DeliveryResult(
                DeliveryStatus.FAILED, f"{type(error).__name__}: {error}", Delivery.Reason.NOT_WRITTEN
            )

    def _update_pause(self, results: list[DeliveryResult]) -> None:
        """Pause sending if the server as a whole is at fault; recipients are not charged with it."""
        for result in results:
            self._lost_in_a_row = self._lost_in_a_row + 1 if result.is_lost else 0
            if result.is_fault or self._lost_in_a_row >= MAX_LOST_CONNECTIONS:
                self._lost_in_a_row = 0
                outbox.record_fault(result.reply)
                self._release_claimed()
                self._had_fault = True
            elif result.status is DeliveryStatus.SENT and self._had_fault:
                self._had_fault = not outbox.record_success()

    # --- stopping --------------------------------------------------------------------------------------------

    def _undo_possible_fences(self) -> None:
        if self._possibly_fenced:
            outbox.undo_fences(self.owner, self._possibly_fenced)
            self._possibly_fenced.clear()

    def _release_claimed(self) -> None:
        outbox.release(self.owner, self._claimed)
        self._claimed.clear()
        self._in_flight_file.set(0)

    def _idle_seconds(self) -> float:
        if self._rate and self._claimed:
            return max(self._next_start - time.monotonic(), 0.001)
        return MAINTENANCE_SECONDS / 2

    def _is_done(self) -> bool:
        if self._claimed or self._in_flight:
            return False
        outbox.run_maintenance()
        return not outbox.has_work()

    def _finish(self) -> None:
        """Wait for the messages in flight, record their results, release the rest."""
        deadline = time.monotonic() + STOP_SECONDS
        while self._in_flight and time.monotonic() < deadline:
            self._wait_for_report(deadline - time.monotonic())
        for worker in self._workers:
            if worker not in self._free:
                worker.transport.abort()  # its result follows from the phase it was in
        while self._in_flight and time.monotonic() < deadline + 0.5:
            self._wait_for_report(0.1)
        while time.monotonic() < deadline + 1:
            try:
                outbox.record_and_fence(self.owner, self._results, [])
                self._undo_possible_fences()
                self._release_claimed()
                self._results = []
                self._in_flight_file.close()
                break
            except (Error, OSError) as error:
                logger.warning("mail: the last results cannot be recorded: %s", str(error).strip())
                connection.close()
                time.sleep(0.2)
        for worker in self._free:
            worker.tasks.put(None)
        for worker in self._free:
            worker.join(max(deadline + 1 - time.monotonic(), 0.1))
        self._watch(self.stats)
