"""A short form of the kill table: real processes, killed, frozen and starved. `make kill` runs the whole."""

import os
from collections.abc import Iterator

import pytest

from tests.kill.__main__ import ON
from tests.kill.house import Houses, houses
from tests.kill.playing import play

pytestmark = pytest.mark.postgresql  # on a server of its own
ALWAYS = ("S1", "S2", "S6", "S13", "S17")  # killed, database thrown down, server away, double click
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


@pytest.fixture(scope="module")
def portals() -> Iterator[Houses]:
    """Portals with the kind of database that the tests run on, but a server of their own: it will be thrown down."""
    with houses(postgres=ON_POSTGRES) as made:
        yield made


@pytest.mark.parametrize(
    "id",
    [
        pytest.param(id, marks=[] if id in ALWAYS else [pytest.mark.full])
        for id in ON["postgresql" if ON_POSTGRES else "sqlite"]
    ],
)
def test_nobody_is_lost_and_nobody_gets_two(portals: Houses, id: str) -> None:
    for line in play(id, portals, short=True):
        assert line["passed"], str(line)
        assert line["lost"] == line["duplicates"] == 0
        assert line["uncertain"] <= line["bound"]


@pytest.mark.parametrize(
    ("way", "harm"),
    [
        pytest.param("again", "duplicates", marks=pytest.mark.full),
        pytest.param("ahead", "lost", marks=pytest.mark.full),
        ("unfenced", "duplicates"),
    ],
)
def test_a_careless_sender_is_found_out(portals: Houses, way: str, harm: str) -> None:
    """The judge itself is judged: the mistakes of other senders, made on purpose, have to show."""
    if ON_POSTGRES:
        pytest.skip("the judge is the same on both databases")
    line = play(way, portals, short=True)[0]
    assert line[harm] > 0 and not line["passed"], str(line)
