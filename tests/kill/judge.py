"""Compares what the database says with what the server accepted: after the run, and again and again during it."""

import dataclasses
import time
from collections import Counter
from dataclasses import dataclass, field

from django.db import Error, connection

from digest.mailing.message_ids import delivery_id_from
from digest.mailing.models import Delivery, Mailing, OutboxState
from tests.kill import audience
from tests.kill.ledger import Acceptance, Ledger

State = Delivery.State
_NEVER_HANDED_OVER = {State.PENDING, State.CLAIMED, State.DEFERRED, State.FAILED, State.EXPIRED, State.SUPPRESSED}


@dataclass
class Result:
    """One line of the table."""

    id: str
    fault: str
    load: str
    database: str
    lost: int = 0
    duplicates: int = 0
    uncertain: int = 0
    accepted: int = 0  # of the uncertain
    bound: int = 0  # of the uncertain
    wrong: list[str] = field(default_factory=list)  # anything else that must not be
    note: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return not (self.lost or self.duplicates or self.wrong) and self.uncertain <= self.bound

    def as_dict(self) -> dict[str, object]:
        return dataclasses.asdict(self) | {"passed": self.passed}


class Judge:
    """Watches one mailing and one ledger from the first mail to the last."""

    def __init__(self, mailing: Mailing, ledger: Ledger) -> None:
        self.mailing = mailing
        self.samples = 0
        self.wrong: list[str] = []
        self.copies: Counter[int] = Counter()  # acceptances by delivery id
        self.acceptances: list[Acceptance] = []
        self._ledger = ledger
        rows = Delivery.objects.filter(mailing=mailing).values_list("pk", "subscriber__address")
        self._addresses = dict(rows)
        self._since = time.monotonic()
        ledger.follow()

    def sample(self) -> dict[int, str]:
        """One look at a commit: every row there once, none sent that the server has not, none open that it has."""
        self._read_ledger()
        before = set(self.copies)
        states = self._states()
        self._read_ledger()
        self.samples += 1
        if len(states) != self.mailing.audience or states.keys() != self._addresses.keys():
            self._find(f"{len(states)} rows for an audience of {self.mailing.audience}")
        if unknown := set(states.values()) - set(State.values):
            self._find(f"states {unknown}")
        for pk, state in states.items():
            if state == State.SENT and pk not in self.copies:
                self._find(f"#{pk} is sent, and was never accepted")
            if pk in before and state in _NEVER_HANDED_OVER:
                self._find(f"#{pk} was accepted, and is {state}")
        return states

    def verdict(self, line: Result, *, refused: int = 0, suppressed: int = 0, expired: int = 0) -> Result:
        """Fill in the line. `refused`, `suppressed`, `expired`: how many have to be `failed`, left out, given up."""
        states = self.sample()
        count = Counter(states.values())
        line.lost = sum(count[state] for state in Delivery.OPEN)
        line.lost += sum(1 for pk, state in states.items() if state == State.SENT and pk not in self.copies)
        line.duplicates = sum(copies - 1 for copies in self.copies.values())
        line.uncertain = count[State.UNCERTAIN]
        line.accepted = sum(1 for pk, state in states.items() if state == State.UNCERTAIN and pk in self.copies)
        for state, wanted in ((State.FAILED, refused), (State.SUPPRESSED, suppressed), (State.EXPIRED, expired)):
            if count[state] != wanted:
                self._find(f"{count[state]} {state}, and not {wanted}")
        if locked := OutboxState.objects.filter(locked_at__isnull=False).first():
            self._find(f"locked itself: {locked.lock_reason}")
        line.wrong = [*line.wrong, *self.wrong]
        line.seconds = round(time.monotonic() - self._since, 1)
        return line

    def _read_ledger(self) -> None:
        for acceptance in self._ledger.follow():
            self.acceptances.append(acceptance)
            delivery = delivery_id_from(acceptance.message_id)
            if delivery is None or delivery_id_from(acceptance.sender) != delivery:
                self._find(f"{acceptance.message_id} from {acceptance.sender} is not ours")
            elif delivery not in self._addresses:
                self._find(f"#{delivery} is of another mailing")
            else:
                self.copies[delivery] += 1
                if self._addresses[delivery] != acceptance.recipient:
                    self._find(f"#{delivery} went to {acceptance.recipient}")

    def _states(self) -> dict[int, str]:
        """Patiently: the database may be down at the moment, on purpose."""
        for _ in range(200):
            try:
                return audience.states(self.mailing)
            except Error:
                connection.close()
                time.sleep(0.2)
        raise TimeoutError("the database does not come back")

    def _find(self, what: str) -> None:
        if what not in self.wrong and len(self.wrong) < 20:
            self.wrong.append(what)
