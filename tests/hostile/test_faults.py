"""No fault hangs, leaks, crosses or breaks a connection; each ends in the documented exception.

All cuts and faults of all responses are here, each with one of the ways of reading in turn; the
product with all of them is `python -m tests.hostile.table`. Of the requests all cases are here.
"""

from __future__ import annotations

from types import ModuleType

import pytest

from . import receiving, sending
from .bodies import BODIES
from .readings import READINGS
from .wires import WIRES


@pytest.mark.parametrize("wire", WIRES)
def test_faults_while_receiving(client: ModuleType, path: str, wire: str) -> None:
    tally = receiving.run(client, path, receiving.rotated(wire))
    assert tally.cases > 200
    assert str(tally) == ""


def test_every_way_of_reading_takes_its_turn() -> None:
    turns = [(case.fault, case.closes, case.reading) for case in receiving.rotated("length")]
    assert {turns.count(turn) > 10 for turn in set(turns[:-2])} == {True}
    assert len(set(turns[:-2])) == receiving.FAULTS_PER_CUT * len(READINGS)


@pytest.mark.parametrize("body", BODIES)
def test_faults_while_sending(client: ModuleType, path: str, body: str) -> None:
    tally = sending.run(client, path, sending.cases(client, body))
    assert tally.cases > 80
    assert str(tally) == ""
