"""No fault hangs, leaks, crosses or breaks a connection; each ends in the documented exception.

All cuts and faults of all responses are here, each with one of the ways of reading in turn; the
product with all of them is `python -m tests.hostile.table`. Of the requests all cases are here with
`--full`, else every deed after each fifth byte of a small one. Without it each cut, and each point
of a large request, is on one of the paths only: the next one is on the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from types import ModuleType
from typing import TypeVar

import pytest

from fasthttp._bench.implementations import load_package

from ..client.exchange_paths import PATHS
from . import pool_requests, pool_responses, request_faults, response_faults
from .body_readers import READINGS
from .request_bodies import BODIES, IS_LARGE
from .wires import WIRES

Case = TypeVar("Case")
#: How many cases there are of one point of a request.
_DEEDS_PER_POINT = 2 * len(request_faults.DEEDS)


def _on_its_paths(cases: Iterable[Case], path: str, of_each: int) -> Iterator[Case]:
    """The cases of each second cut, for one path these, for the other one those between them."""
    for number, case in enumerate(cases):
        if number // of_each % len(PATHS) == PATHS.index(path):
            yield case


@pytest.mark.parametrize("wire", WIRES)
def test_faults_while_receiving(client: ModuleType, path: str, wire: str, full: bool) -> None:
    cases = response_faults.rotated(wire)
    if not full:
        cases = _on_its_paths(cases, path, response_faults.FAULTS_PER_CUT)
    tally = response_faults.run(client, path, cases)
    assert tally.cases > (200 if full else 100)
    assert str(tally) == ""


@pytest.mark.parametrize("path", PATHS)
def test_every_way_of_reading_is_on_each_path(path: str) -> None:
    cases = response_faults.rotated("length")
    fewer = list(_on_its_paths(cases, path, response_faults.FAULTS_PER_CUT))
    turns = {(case.fault, case.closes, case.reading) for case in fewer}
    assert len(turns) >= response_faults.FAULTS_PER_CUT * len(READINGS)


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
    chosen = request_faults.cases(client, body)
    if not full:
        fewer = _on_its_paths(chosen, path, _DEEDS_PER_POINT)
        chosen = fewer if body in IS_LARGE else islice(chosen, 0, None, 5)
    tally = request_faults.run(client, path, chosen)
    assert tally.cases > (80 if full or body not in IS_LARGE else 40)
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
