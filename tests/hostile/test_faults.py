"""No fault hangs, leaks, crosses or breaks a connection; each ends in the documented exception.

All cuts and faults of all responses are here, each with one of the ways of reading in turn; the
product with all of them is `python -m tests.hostile.table`. Of the requests all cases are here with
`--full`, else every deed after each fifth byte of a small one.
"""

from __future__ import annotations

from itertools import islice
from types import ModuleType

import pytest

from fasthttp._bench.implementations import load_package

from . import pool_requests, pool_responses, request_faults, response_faults
from .body_readers import READINGS
from .request_bodies import BODIES, IS_LARGE
from .wires import WIRES


@pytest.mark.parametrize("wire", WIRES)
def test_faults_while_receiving(client: ModuleType, path: str, wire: str) -> None:
    tally = response_faults.run(client, path, response_faults.rotated(wire))
    assert tally.cases > 200
    assert str(tally) == ""


def test_every_way_of_reading_takes_its_turn() -> None:
    turns = [(case.fault, case.closes, case.reading) for case in response_faults.rotated("length")]
    assert {turns.count(turn) > 10 for turn in set(turns[:-2])} == {True}
    assert len(set(turns[:-2])) == response_faults.FAULTS_PER_CUT * len(READINGS)


@pytest.mark.parametrize("body", BODIES)
def test_every_deed_is_among_the_fewer(client: ModuleType, body: str) -> None:
    every = list(request_faults.cases(client, body))
    assert len({(case.deed, case.asks) for case in every[::5]}) == 2 * len(request_faults.DEEDS)


@pytest.mark.parametrize("body", BODIES)
def test_faults_while_sending(client: ModuleType, path: str, body: str, full: bool) -> None:
    step = 1 if full or body in IS_LARGE else 5
    chosen = islice(request_faults.cases(client, body), 0, None, step)
    tally = request_faults.run(client, path, chosen)
    assert tally.cases > 80
    assert str(tally) == ""


@pytest.mark.parametrize("wire", WIRES)
def test_faults_while_a_pool_receives(implementation: str, wire: str) -> None:
    tally = pool_responses.run(load_package(implementation), pool_responses.rotated(wire))
    assert tally.cases > 200
    assert str(tally) == ""
    assert (tally.kinds["reused"] > 0) is not WIRES[wire].until_close


def test_every_way_of_asking_takes_its_turn() -> None:
    turns = [(case.fault, case.closes, case.reading) for case in pool_responses.rotated("length")]
    assert {turns.count(turn) > 10 for turn in set(turns[:-2])} == {True}
    ways = len(pool_responses.WAYS)
    assert len(set(turns[:-2])) == response_faults.FAULTS_PER_CUT * ways


@pytest.mark.parametrize("body", BODIES)
def test_faults_while_a_pool_sends(implementation: str, body: str) -> None:
    package = load_package(implementation)
    tally = pool_requests.run(package, pool_requests.some(package, body))
    assert tally.cases > 20
    assert str(tally) == ""
    assert tally.kinds["reused"] > 0
