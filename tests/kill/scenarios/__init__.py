"""What is done to the senders, one function a scenario; the ids are those of docs/reliability.md."""

from collections.abc import Callable
from typing import NamedTuple

from tests.kill.judge import Result
from tests.kill.scenarios import backups, cells, chances, clocks, kills, people, restarts, steps, storage

BOTH = ("sqlite", "postgresql")
SQLITE, POSTGRESQL = BOTH


class Scenario(NamedTuple):
    """`play(short)` gives one line of the table, or some."""

    play: Callable[[bool], list[Result]]
    databases: tuple[str, ...] = BOTH


SCENARIOS = {
    "S1": Scenario(kills.one_sender, (SQLITE,)),
    "S2": Scenario(kills.many_senders, (POSTGRESQL,)),
    "S3": Scenario(steps.every_step),
    "S5": Scenario(kills.frozen),
    "S6": Scenario(restarts.database, (POSTGRESQL,)),
    "S8": Scenario(storage.locked, (SQLITE,)),
    "S9": Scenario(storage.full, (SQLITE,)),
    "S10": Scenario(cells.every_cell),
    "S11": Scenario(chances.random_faults),
    "S12": Scenario(chances.throttled),
    "S13": Scenario(chances.never_back),
    "S14": Scenario(chances.poison),
    "S15": Scenario(people.leaving),
    "S16": Scenario(people.operating),
    "S17": Scenario(people.double_click),
    "S18": Scenario(clocks.skewed, (POSTGRESQL,)),
    "S19": Scenario(kills.asked_to_end),
    "S20": Scenario(backups.restored),
    # Not of the table: senders that have to fail.
    "again": Scenario(lambda _short: kills.killed("again", 400, 5, 1, 8, "again")),
    "ahead": Scenario(lambda _short: kills.killed("ahead", 400, 5, 1, 8, "ahead")),
    "unfenced": Scenario(lambda _short: kills.frozen(True, "unfenced")),
}
