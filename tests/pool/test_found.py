"""What the faults, the corpus and the random servers have found: each once more, by itself."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from .stage import End, HangError, Play, Stage


class OwnError(Exception):
    """A program's own, which cannot be made anew by what it has for arguments."""

    def __init__(self, *of: object) -> None:
        super().__init__()
        self.of = of


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


def test_a_wrong_request_has_one_page(package: ModuleType, stage: Stage) -> None:
    """Its time in the queue is over, too."""
    site = stage.site(answering)
    wrong = package.Request(site.url("/"), headers={"A": "b\r\n"})
    requests = [site.url("/1"), wrong, *(site.url(f"/{n}") for n in range(2, 9))]
    with stage.pool(package, queue_timeout=3.0, delay=1.0) as pool:
        pages = list(pool.map(requests))
        assert len(pages) == len(requests)
        assert [page.error for page in pages if page.request is wrong] == [
            next(page.error for page in pages if isinstance(page.error, ValueError))
        ]
        assert pool._engine.slots.waiting == 0


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have no notes")
@pytest.mark.parametrize("error", [OSError("none"), OwnError(1, 2)])
def test_an_error_of_a_lookup_is_each_page_s_own(package: ModuleType, error: Exception) -> None:
    def resolver(host: str, port: int) -> Any:
        raise error

    urls = [f"http://nobody.test/{number}" for number in range(3)]
    with package.Pool(resolver=resolver) as pool:
        pages = list(pool.map(urls, ordered=True))
    assert len({id(page.error) for page in pages}) == 3
    for page in pages:
        assert page.error.__notes__ == [f"lookup: GET {page.url}"]
        assert isinstance(page.error, OSError)


def _faults(end: End) -> Play:
    """A server of which every answer is an error."""
    request = yield from end.request()
    if request is None:
        return
    wires = {"/status": b"no HTTP\r\n", "/size": _CHUNKED + b"+1\r\n", "/cut": _CHUNKED}
    end.say(wires.get(request[0], b""))
    end.reset() if request[0] == "/reset" else end.stop()


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="counts references")
def test_pages_do_not_keep_a_run(package: ModuleType, stage: Stage) -> None:
    """A run that is left ends at once, though the errors that it gave are kept."""

    def pieces() -> Iterator[bytes]:
        yield b"x"
        raise OwnError("of a body")

    site = stage.site(_faults)
    paths = ("/status", "/size", "/cut", "/reset", "/none")
    requests: list[Any] = [site.url(path) for path in paths]
    requests += [
        package.Request(site.url("/"), headers={"A": "b\r\n"}),
        package.Request(site.url("/size"), max_body=2),
        package.Request(site.url("/"), "POST", body=pieces()),
        "http://127.0.0.1:1/",
        "ftp://127.0.0.1/",
    ]
    kept = []
    gc.disable()
    try:
        with stage.pool(package) as pool:

            def leave() -> None:
                for page in pool.map([*requests, *(site.url("/none") for _ in range(50))]):
                    kept.append(page)
                    if len(kept) > len(requests) + 20:
                        return

            leave()
            assert all(page.error for page in kept)
            assert list(pool.map([])) == []
    finally:
        gc.enable()
    (own,) = (page.error for page in kept if isinstance(page.error, OwnError))
    if sys.version_info >= (3, 11):
        assert any(__file__ in note and "pieces" in note for note in own.__notes__)


def test_what_another_thread_adds_to_a_run_that_is_closed(
    package: ModuleType, stage: Stage
) -> None:
    """It is no concern of the next run."""
    site = stage.site(answering)
    with stage.pool(package) as pool:
        run = pool.map([site.url("/1"), site.url("/2")])
        next(run)
        thread = threading.Thread(target=run.add, args=(site.url("/late"),))
        thread.start()
        thread.join()
        run.close()
        assert [page.body for page in pool.map([site.url("/3")])] == [b"/3"]
