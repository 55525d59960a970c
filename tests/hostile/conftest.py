"""Fixtures: the ways of a connection, and the server of the tests with processes of their own."""

from __future__ import annotations

import pytest

from .arena import PATHS


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    """Over exactly the stdlib's socket, "fast", and over any other, "plain"."""
    name: str = request.param
    return name
