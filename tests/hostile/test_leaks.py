"""Requests of all kinds, most of them with a fault, leave nothing behind.

The long run is `python -m tests.hostile.leaks --requests 100000`.
"""

from __future__ import annotations

from types import ModuleType

from . import leaks

REQUESTS = 5000


def test_requests_leave_nothing_behind(client: ModuleType) -> None:
    before, after, made = leaks.measure(client, REQUESTS)
    assert made >= REQUESTS
    assert not after.left_since(before), (before, after)
