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


_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"


@pytest.mark.parametrize("end", [b"no size\r\n", b"0\r\nA: " + b"b" * 70_000])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_page_has_what_came_before_what_is_wrong(
    package: ModuleType, stage: Stage, end: bytes, at_once: bool
) -> None:
    """Whether it came in the same piece, or before."""

    def play(far: End) -> Play:
        yield from far.request()
        if at_once:
            far.say(_CHUNKED + end)
        else:
            far.say(_CHUNKED)
            yield 0.0
            far.say(end)

    site, sunk = stage.site(play), list[bytes]()
    with stage.pool(package) as pool:
        url = site.url("/")
        for page in pool.map([url, package.Request(url, sink=sunk.append)], ordered=True):
            assert isinstance(page.error, package.client.HTTPException)
            assert (page.status, page.getheader("transfer-encoding")) == (200, "chunked")
            assert page.phase == "body"
            assert (page.body if page.request.sink is None else b"".join(sunk)) == b"abc"


def test_a_length_that_no_body_has_is_not_a_matter_of_max_body(
    package: ModuleType, stage: Stage
) -> None:
    def play(far: End) -> Play:
        yield from far.request()
        far.say(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabc")
        far.stop()

    with stage.pool(package) as pool:
        (page,) = pool.map([stage.site(play).url("/")])
        assert isinstance(page.error, package.client.IncompleteRead)
        assert page.body == b"abc"
