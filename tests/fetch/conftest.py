"""Fixtures: a server, and the command within this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from fasthttp.__main__ import main

from ..pool.site import Site, serving

Fetch = Callable[..., int]


@pytest.fixture
def site() -> Iterator[Site]:
    """A server."""
    with serving() as server:
        yield server


@pytest.fixture
def fetch() -> Fetch:
    """`python -m fasthttp fetch`, without retries; returns the exit status."""

    def run(*arguments: str | os.PathLike[str]) -> int:
        return main(["fetch", "--retries", "0", *map(os.fspath, arguments)])

    return run


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment of the tests says of proxies does not count."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
