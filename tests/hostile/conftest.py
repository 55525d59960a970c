"""Fixture: the ways of a connection. And where these tests can run at all."""

from __future__ import annotations

import sys

import pytest

_ON_UNIX = (
    "abandoned", "checks", "faults", "fork", "gevent", "leaks", "memory", "signals", "threads",
)  # fmt: skip

# Windows has neither poll() nor fork(), and no directory of file descriptors.
if sys.platform == "win32":
    collect_ignore = [f"test_{name}.py" for name in _ON_UNIX]
    PATHS = {}
else:
    from .arena import PATHS


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    """Over exactly the stdlib's socket, "fast", and over any other, "plain"."""
    name: str = request.param
    return name
