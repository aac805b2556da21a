"""What a server does wrong, where and how often: `STAGE:WHAT[@RATE][xTIMES][/RECIPIENT]`."""

import random
import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

# BODY is the middle of the message, DOT its end.
STAGES = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "DOT", "QUIT")
# Beside these, any reply of three digits; 421 closes the connection as well. `slow` gives the reply byte by byte,
# `nul` one with a NUL in it, `endless` never comes to its end, `tls` speaks nonsense in the handshake; what begins
# with accept- keeps the message.
WAYS = ("drop", "reset", "hang", "garbage", "slow", "nul", "endless", "tls", "accept-drop", "accept-hang")
_SPEC = re.compile(
    r"(?P<stage>[A-Z]+):(?P<way>[a-z-]+|[45][0-9][0-9])(@(?P<rate>[0-9.]+))?(x(?P<times>[0-9]+))?(/(?P<recipient>.+))?"
)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong; `times` 0 is without end, `recipient` a part of the addresses it is for."""

    stage: str
    way: str
    rate: float = 1.0
    times: int = 0
    recipient: str = ""

    @classmethod
    def parse(cls, spec: str) -> Self:
        """`RCPT:451@0.1` is a 451 to every tenth recipient, `CONNECT:dropx3` a drop of the first three connections."""
        found = _SPEC.fullmatch(spec)
        if not found or found["stage"] not in STAGES or not (found["way"].isdigit() or found["way"] in WAYS):
            raise ValueError(f"not a fault: {spec!r}")
        rate, times = float(found["rate"] or 1), int(found["times"] or 0)
        return cls(found["stage"], found["way"], rate, times, found["recipient"] or "")

    @property
    def name(self) -> str:
        return f"{self.stage}:{self.way}"


class Faults:
    """The faults of one server, drawn with a seed of their own; safe to use from many threads."""

    def __init__(self, specs: Iterable[str] = (), seed: int = 1) -> None:
        self.faults = [Fault.parse(spec) for spec in specs]
        self.stages = {fault.stage for fault in self.faults}
        self.drawn: Counter[str] = Counter()  # by Fault.name
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def draw(self, stage: str, recipient: str = "") -> str:
        """What goes wrong here and now, or nothing."""
        if stage not in self.stages:
            return ""
        with self._lock:
            for fault in self.faults:
                if fault.stage != stage or fault.recipient not in recipient:
                    continue
                if fault.times and self.drawn[fault.name] >= fault.times:
                    continue
                if fault.rate >= 1 or self._random.random() < fault.rate:
                    self.drawn[fault.name] += 1
                    return fault.way
        return ""
