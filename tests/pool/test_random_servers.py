"""Random servers' scripts against random lists of requests: see random_servers.py. As many as there
is time for: `python -m tests.fuzz.all --only pool`.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasthttp._bench.implementations import load_package

from ..drawn import examples
from .random_plan import DEEDS, TWISTS, Plan, draw
from .random_servers import play
from .stage import modules_of

_PLANS = 40


def _plan(seed: int) -> Plan:
    dice = random.Random(seed)
    return draw(dice.randbytes(dice.choice((30, 100, 300, 600))))


@pytest.mark.parametrize("first", range(0, 3 * _PLANS, _PLANS))
def test_random_servers(implementation: str, first: int) -> None:
    came: Counter[str] = Counter()
    for seed in range(first, first + _PLANS):
        wrong, kinds = play(implementation, _plan(seed))
        assert wrong == [], (seed, _plan(seed))
        came += kinds
    assert came["answer"] > 100
    assert {"TimeoutError", "HTTPException", "RemoteDisconnected", "IncompleteRead"} < set(came)


@given(st.binary(max_size=200))
@examples(60)
def test_drawn_by_hypothesis(implementation: str, data: bytes) -> None:
    wrong, _ = play(implementation, draw(data))
    assert wrong == [], draw(data)


def test_plans_have_everything() -> None:
    plans = [_plan(seed) for seed in range(3 * _PLANS)]
    assert {deed.kind for plan in plans for site in plan.sites for deed in site} == set(DEEDS)
    assert {deed.twist for plan in plans for site in plan.sites for deed in site} == set(TWISTS)
    assert {plan.ending for plan in plans if plan.ends_after is not None} == {
        *("close", "with", "sink", "iterable", "quiet")
    }


# ------------------------------------------------------------ these checks can fail


def _found(implementation: str) -> str:
    wrong = [fault for seed in range(_PLANS) for fault in play(implementation, _plan(seed))[0]]
    return "\n".join(wrong)


def test_an_answer_of_another(implementation: str, monkeypatch: Any) -> None:
    page = modules_of(load_package(implementation)).page.Page
    prepare = page._prepare

    def mistaken(self: Any, *given: Any) -> Any:
        self._target = self._target.replace("/1/", "/0/")
        return prepare(self, *given)

    monkeypatch.setattr(page, "_prepare", mistaken)
    found = _found(implementation)
    assert "a head of another request" in found
    assert "a body of another request" in found


def test_a_limit_that_is_none(implementation: str, monkeypatch: Any) -> None:
    slots = modules_of(load_package(implementation)).hosts.Slots
    begin = slots.__init__

    def more(self: Any, total: int, per_host: int, delay: float) -> None:
        begin(self, total + 1, per_host + 1, delay / 2)

    monkeypatch.setattr(slots, "__init__", more)
    found = _found(implementation)
    assert " sockets of " in found
    assert " connections to a host" in found


def test_a_deadline_that_is_none(implementation: str, monkeypatch: Any) -> None:
    page = modules_of(load_package(implementation)).page.Page
    prepare = page._prepare

    def late(self: Any, *given: Any) -> Any:
        prepare(self, *given)
        return 1000.0

    monkeypatch.setattr(page, "_prepare", late)
    assert " seconds, of " in _found(implementation)


def test_a_request_that_is_sent_twice(implementation: str, monkeypatch: Any) -> None:
    pool = modules_of(load_package(implementation))
    fail = pool.connection.Connection._fail

    def fail_unheard(self: Any, error: Exception) -> None:
        self.served, self._heard = True, False
        fail(self, ConnectionResetError())

    monkeypatch.setattr(pool.connection.Connection, "_fail", fail_unheard)
    monkeypatch.setattr(
        pool.engine.Engine, "may_send_again", lambda self, page, _: not page._is_fresh
    )
    assert "heard 2 times" in _found(implementation)


def test_slots_that_are_lost(implementation: str, monkeypatch: Any) -> None:
    connection = modules_of(load_package(implementation)).connection.Connection
    monkeypatch.setattr(connection, "close", connection.shut)
    found = _found(implementation)
    assert "slots of a closed pool" in found


def test_a_cookie_that_goes_anywhere(implementation: str, monkeypatch: Any) -> None:
    settings = modules_of(load_package(implementation)).settings
    jar = settings._jar(True)
    monkeypatch.setattr(type(jar), "header", lambda self, *given: "id=99")
    assert "a cookie of another" in _found(implementation)


def test_a_redirect_that_is_forgotten_too_late(implementation: str, monkeypatch: Any) -> None:
    """One too many is followed, and an answer is tried again once more than it may be."""
    engine = modules_of(load_package(implementation)).engine.Engine
    begin = engine.__init__

    def more(self: Any, settings: Any) -> None:
        settings.redirects += bool(settings.redirects)
        settings.retries += bool(settings.retries)
        begin(self, settings)

    monkeypatch.setattr(engine, "__init__", more)
    assert " redirects, " in _found(implementation)


def test_a_body_that_is_not_decoded(implementation: str, monkeypatch: Any) -> None:
    leading = modules_of(load_package(implementation)).leading.Leading
    hear = leading.hear
    monkeypatch.setattr(leading, "hear", lambda self, *given: hear(self, *given) and None)
    assert "a body of another request" in _found(implementation)
