"""Fixtures: the two ways of a connection."""

from __future__ import annotations

import pytest

from .arena import PATHS


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    """"fast", over exactly the stdlib's socket, and "plain", over any other."""
    name: str = request.param
    return name
