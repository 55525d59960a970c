"""What the faults, the corpus and the random servers have found: each once more, by itself."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from fasthttp._bench.implementations import load_package

from .stage import End, HangError, Play, Stage


@pytest.fixture
def package(implementation: str) -> ModuleType:
    return load_package(implementation)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


def answering(end: End) -> Play:
    """A server that says which path was asked for."""
    while (request := (yield from end.request())) is not None:
        body = request[0].encode("ascii")
        end.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def test_a_stage_knows_when_nothing_will_happen(package: ModuleType, stage: Stage) -> None:
    site = stage.site()
    with (
        stage.pool(package, timeout=None, deadline=None, idle_timeout=None) as pool,
        pytest.raises(HangError),
    ):
        list(pool.map([site.url("/")]))


def test_a_run_of_nothing_ends(package: ModuleType, stage: Stage) -> None:
    with stage.pool(package) as pool:
        assert list(pool.map([])) == []
        assert list(pool.map(iter(()), ordered=True)) == []
