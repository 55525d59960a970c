"""Fixtures: fasthttp with install() in force, and the two kinds of client that are counted."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def fasthttp(fasthttp: Any) -> Iterator[Any]:
    """The package, with install() in force; whatever a test counts ends with it."""
    fasthttp.install()
    yield fasthttp
    fasthttp.stop_counting()


@pytest.fixture(params=["own", "lent"])
def client(request: pytest.FixtureRequest, fasthttp: Any) -> Any:
    """fasthttp's own classes, and `http.client` with what install() lends to it."""
    return fasthttp.client if request.param == "own" else http.client
