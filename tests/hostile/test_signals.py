"""Signals in every blocking call: EINTR changes nothing, an interrupt puts nothing out of step."""

from __future__ import annotations

import platform
import signal

import pytest

from .program import run_program
from .server import serving

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="there are no interval timers here"
)


def test_signals_that_are_handled_change_nothing(implementation: str, path: str) -> None:
    with serving() as server:
        said = run_program(implementation, "signal_program", "eintr", path, server.port)
    # PyPy's own socket.connect() goes wrong where a signal comes while it waits with a timeout.
    connected = "BlockingIOError" if platform.python_implementation() == "PyPy" else "0 /connect"
    assert said == {
        "connect": [connected, "signals"],
        "send": ["0 /late", "signals", "0 /next"],
        "head": ["1 /slow-head", "signals", "1 /next"],
        "body": ["2 /slow-body", "signals", "2 /next"],
    }


def test_after_an_interrupt_the_next_request_gets_its_own_answer(
    implementation: str, path: str
) -> None:
    """On a connection of its own: the interrupted exchange left the old one out of step."""
    with serving() as server:
        said = run_program(implementation, "signal_program", "interrupt", path, server.port)
    assert said == {
        "connect": ["interrupted", "0 /next"],
        "send": ["1 /first", "interrupted", "2 /next"],
        "head": ["3 /first", "interrupted", "4 /next"],
        "body": ["5 /first", "interrupted", "6 /next"],
    }


def test_an_interrupt_may_come_at_any_moment(implementation: str, path: str) -> None:
    with serving() as server:
        said = run_program(implementation, "signal_program", "sweep", path, server.port)
    assert said["wrong"] == []
    assert sum(where.startswith("fasthttp") for where in said["interrupted"]) > 50
