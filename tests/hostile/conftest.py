"""Fixture: the ways of a connection. And where these tests can run at all."""

from __future__ import annotations

import sys

import pytest

# Windows has neither poll() nor fork(), and no directory of file descriptors.
if sys.platform == "win32":
    collect_ignore_glob = ["test_*.py"]
    PATHS = {}
else:
    from .arena import PATHS


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    """Over exactly the stdlib's socket, "fast", and over any other, "plain"."""
    name: str = request.param
    return name
