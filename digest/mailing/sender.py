"""The sender: one clerk who talks to the database, and one thread a connection who talks to the server."""

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
from digest.mailing.carrier import Carrier, Results, Tasks
from digest.mailing.identity import envelope_sender
from digest.mailing.models import Delivery
from digest.mailing.outbox import Claimed
from digest.mailing.outcomes import Fate, Letter, Outcome, Transport
from digest.mailing.writing import Desk

logger = logging.getLogger(__name__)

BATCH = 100  # rows claimed at a time, for each connection up to 8
HOUSE_SECONDS = 1.0  # between two looks at what died, grew old or was newly asked for
LOST_IN_A_ROW = 5  # connections lost one after another are a fault of the server
STOP_SECONDS = 8.0  # for the mails in flight, once asked to stop
STOP_LOOK_SECONDS = 0.1  # between two looks whether to stop, while there is nothing to do


@dataclass
class Tally:
    """What a sender has done so far."""

    fates: Counter[Fate] = field(default_factory=Counter)
    since: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Mails sent a second."""
        return self.fates[Fate.SENT] / max(time.monotonic() - self.since, 0.001)


class Sender:
    """Sends what is due until it is told to stop, or, once, until nothing is due any more."""

    def __init__(
        self,
        open_transport: Callable[[], Transport],
        *,
        connections: int = 8,
        rate: float = 0,
        watch: Callable[[Tally], None] = lambda _tally: None,
    ) -> None:
        self.owner = str(uuid.uuid4())
        self.tally = Tally()
        self._reports: queue.SimpleQueue[tuple[Carrier, Results]] = queue.SimpleQueue()
        self._free = [Carrier(open_transport(), self._reports) for _ in range(connections)]
        self._carriers = list(self._free)
        self._batch = self._carriers[0].transport.batch
        self._rate, self._next_start = rate, 0.0
        self._watch = watch
        self._claimed: OrderedDict[int, Claimed] = OrderedDict()
        self._in_doubt: list[int] = []  # perhaps fenced, and not begun
        self._holding = outbox.Holding(self.owner)  # the same for those who look at it after a restore
        self._results: Results = []  # not written down yet
        self._desk = Desk()
        self._next_house = 0.0
        self._lost_in_a_row = 0
        self._had_fault = True  # perhaps, before this sender began
        self._is_stopping = False

    def stop(self) -> None:
        """Finish the mails in flight and begin no other; may be called from a signal handler."""
        self._is_stopping = True  # no lock, which the interrupted thread might hold

    def run(self, *, once: bool = False) -> None:
        """Send. Faults of the database are waited out: nothing is sent that could not be written down."""
        for carrier in self._carriers:
            carrier.start()
        is_prepared = False
        patience = 0.1
        try:
            while not self._is_stopping:
                try:
                    if not is_prepared:
                        self._holding.open()
                        outbox.make_durable()
                        outbox.check_restore()
                        self._take_back()
                        outbox.release_strays(self.owner, self._claimed)
                        is_prepared = True
                    if not self._turn() and once and self._is_done():
                        break
                    patience = 0.1
                except (Error, OSError) as error:  # the latter of a full disk, too
                    logger.warning(
                        "mail: the database cannot be used, waiting: %s", str(error).strip(), extra={"is_outage": True}
                    )
                    connection.close()
                    is_prepared = False
                    self._pause(patience)
                    patience = min(patience * 2, 2.0)
        finally:
            self._finish()

    # --- one turn --------------------------------------------------------------------------------------------

    def _turn(self) -> bool:
        """Write down what came, send what may go; returns whether there was anything to do."""
        if time.monotonic() >= self._next_house:
            outbox.check_restore()  # before leases are looked at, which may be a backup's
            outbox.keep_house()
            if self._claimed and outbox.has_notices():
                self._give_back()  # who waits for a confirmation does not wait behind a newsletter
            self._next_house = time.monotonic() + HOUSE_SECONDS
            self._watch(self.tally)
        self._collect()
        if self._free and not self._claimed:
            self._holding.set(None)
            for claimed in outbox.claim(self.owner, BATCH * min(len(self._carriers), 8)):
                self._claimed[claimed.id] = claimed
            self._holding.set(len(self._claimed))
        chosen = self._choose()
        if self._results or chosen:
            self._record_and_send(chosen)
            return True
        if self._in_flight:
            self._wait_for_report(HOUSE_SECONDS)
            return True
        self._pause(self._idle_seconds())
        return False

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._is_stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, STOP_LOOK_SECONDS))

    @property
    def _in_flight(self) -> int:
        return len(self._carriers) - len(self._free)

    def _collect(self) -> None:
        while not self._reports.empty():
            self._take(*self._reports.get())

    def _wait_for_report(self, seconds: float) -> None:
        try:
            self._take(*self._reports.get(timeout=seconds))
        except queue.Empty:
            return

    def _take(self, carrier: Carrier, results: Results) -> None:
        self._free.append(carrier)
        self._results += results
        self.tally.fates.update(outcome.fate for _claimed, outcome in results)

    def _choose(self) -> list[list[Claimed]]:
        """The next mails, for each free connection as many as it takes at once, in order; none into a fault."""
        if any(outcome.is_fault for _claimed, outcome in self._results):
            return []
        room = len(self._free) * self._batch
        if self._rate and room:
            now = time.monotonic()
            room = min(room, int((now - self._next_start) * self._rate) + 1) if now >= self._next_start else 0
        batches: list[list[Claimed]] = []
        fillable: dict[int | None, list[Claimed]] = {}  # by edition: one that still has room
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
            written = {claimed.id: self._write(claimed) for claimed in chosen}
            fenced, stale = outbox.record_and_fence(self.owner, results, chosen)
        except Error:
            # Not one of them is begun: they go back to the front of the queue.
            self._in_doubt += [claimed.id for claimed in chosen]
            for claimed in reversed(chosen):
                self._claimed[claimed.id] = claimed
                self._claimed.move_to_end(claimed.id, last=False)
            raise
        self._results = []
        self._holding.set(len(self._claimed))
        for delivery in stale:
            logger.warning("mail: delivery %d was no longer ours when its outcome came", delivery)
        for batch in batches:
            self._send([(claimed, written[claimed.id]) for claimed in batch if claimed.id in fenced])
        if len(fenced) < len(chosen):
            outbox.release(self.owner, [claimed.id for claimed in chosen if claimed.id not in fenced])
        self._learn([outcome for _claimed, outcome in results])

    def _send(self, written: list[tuple[Claimed, Letter | Outcome]]) -> None:
        tasks: Tasks = []
        for claimed, letter in written:
            if isinstance(letter, Outcome):
                self._results.append((claimed, letter))
                self.tally.fates[letter.fate] += 1
            else:
                tasks.append((claimed, letter))
        if tasks:
            self._free.pop().letters.put(tasks)
        if tasks and self._rate:
            self._next_start = max(self._next_start, time.monotonic() - 1) + len(tasks) / self._rate

    def _write(self, claimed: Claimed) -> Letter | Outcome:
        """One person's own letter; one that cannot be written fails alone."""
        try:
            letter = Letter(envelope_sender(claimed.id), claimed.address, self._desk.write(claimed))
            if self._batch == 1 or claimed.edition_id is None:
                return letter
            return replace(letter, blank=self._desk.blank(claimed.edition_id), values=self._desk.values(claimed))
        except Error:
            raise
        except Exception as error:  # whatever is odd about this one reader or edition, the others get theirs
            logger.exception("mail: delivery %d cannot be written", claimed.id)
            return Outcome(Fate.FAILED, f"{type(error).__name__}: {error}", Delivery.Reason.NOT_WRITTEN)

    def _learn(self, outcomes: list[Outcome]) -> None:
        """Pause when the server as a whole is at fault; it is nobody's bounce."""
        for outcome in outcomes:
            self._lost_in_a_row = self._lost_in_a_row + 1 if outcome.is_lost else 0
            if outcome.is_fault or self._lost_in_a_row >= LOST_IN_A_ROW:
                self._lost_in_a_row = 0
                outbox.note_fault(outcome.reply)
                self._give_back()
                self._had_fault = True
            elif outcome.fate is Fate.SENT and self._had_fault:
                self._had_fault = not outbox.note_success()

    # --- ends ------------------------------------------------------------------------------------------------

    def _take_back(self) -> None:
        if self._in_doubt:
            outbox.take_back(self.owner, self._in_doubt)
            self._in_doubt.clear()

    def _give_back(self) -> None:
        outbox.release(self.owner, self._claimed)
        self._claimed.clear()
        self._holding.set(0)

    def _idle_seconds(self) -> float:
        if self._rate and self._claimed:
            return max(self._next_start - time.monotonic(), 0.001)
        return HOUSE_SECONDS / 2

    def _is_done(self) -> bool:
        if self._claimed or self._in_flight:
            return False
        outbox.keep_house()
        return not outbox.has_work()

    def _finish(self) -> None:
        """Wait for the mails in flight, write down what came of them, give back the rest."""
        deadline = time.monotonic() + STOP_SECONDS
        while self._in_flight and time.monotonic() < deadline:
            self._wait_for_report(deadline - time.monotonic())
        for carrier in self._carriers:
            if carrier not in self._free:
                carrier.transport.abort()  # what its server says to that is what its phase says
        while self._in_flight and time.monotonic() < deadline + 0.5:
            self._wait_for_report(0.1)
        while time.monotonic() < deadline + 1:
            try:
                outbox.record_and_fence(self.owner, self._results, [])
                self._take_back()
                self._give_back()
                self._results = []
                self._holding.close()
                break
            except (Error, OSError) as error:
                logger.warning("mail: what was sent last cannot be written down: %s", str(error).strip())
                connection.close()
                time.sleep(0.2)
        for carrier in self._free:
            carrier.letters.put(None)
        for carrier in self._free:
            carrier.join(max(deadline + 1 - time.monotonic(), 0.1))
        self._watch(self.tally)
