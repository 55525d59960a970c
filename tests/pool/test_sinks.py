"""Bodies that go into a sink, and bodies that are too long."""

from __future__ import annotations

import io
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, chunked, closing

HEAD = b"HTTP/1.1 200 OK\r\n"


class _Full(Exception):  # noqa: N818 - what a sink raises need not be called so
    """Raised by a sink."""


@pytest.mark.parametrize(
    "said",
    [
        answer(b"x" * 300_000),
        chunked(*[b"x" * 1000] * 300),
        closing(HEAD + b"\r\n" + b"x" * 300_000),
    ],
)
def test_a_callable_gets_the_body_piece_by_piece(
    package: ModuleType, pool: Any, site: Site, said: Any
) -> None:
    site.answers["/"] = said
    pieces: list[bytes] = []
    (page,) = pool.map([package.Request(site.url("/"), sink=pieces.append)])
    assert (page.error, page.status, page.body) == (None, 200, b"")
    assert b"".join(pieces) == b"x" * 300_000
    assert all(type(piece) is bytes and piece for piece in pieces)
    assert len(pieces) > 1


def test_a_file_gets_the_body(package: ModuleType, pool: Any, site: Site, tmp_path: Path) -> None:
    site.answers["/"] = answer(b"x" * 300_000)
    with (tmp_path / "file").open("wb") as file:
        (page,) = pool.map([package.Request(site.url("/"), sink=file)])
    assert (page.error, page.body) == (None, b"")
    assert (tmp_path / "file").read_bytes() == b"x" * 300_000


@pytest.mark.parametrize(
    ("said", "method"),
    [
        (answer(b""), "GET"),
        (chunked(), "GET"),
        (HEAD + b"Content-Length: 5\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 204 No\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n", "GET"),
    ],
)
def test_nothing_is_given_to_a_sink_where_there_is_no_body(
    package: ModuleType, pool: Any, site: Site, said: bytes, method: str
) -> None:
    site.answers["/"] = said
    pieces: list[bytes] = []
    (page,) = pool.map([package.Request(site.url("/"), method, sink=pieces.append)])
    assert (page.error, pieces) == (None, [])


def test_a_sink_gets_what_came_of_a_body_that_is_cut(
    package: ModuleType, pool: Any, site: Site
) -> None:
    site.answers["/"] = closing(HEAD + b"Content-Length: 10\r\n\r\n12345")
    pieces: list[bytes] = []
    (page,) = pool.map([package.Request(site.url("/"), sink=pieces.append)])
    assert isinstance(page.error, package.client.IncompleteRead)
    assert (b"".join(pieces), page.body, page.tries) == (b"12345", b"", 1)


@pytest.mark.parametrize("kind", [_Full, OSError, StopIteration, KeyboardInterrupt])
def test_what_a_sink_raises_comes_out_and_ends_the_run(
    package: ModuleType, pool: Any, site: Site, kind: type[BaseException]
) -> None:
    def sink(piece: bytes) -> None:
        raise kind

    site.answers["/hang"] = lambda exchange: exchange.hang()
    run = pool.map([site.url("/hang"), package.Request(site.url("/x"), sink=sink)])
    # As where a generator raises it: it would end the loop that iterates, without a word.
    expected = RuntimeError if kind is StopIteration else kind
    with pytest.raises(expected):
        next(run)
    assert list(run) == []
    site.wait_until_open(0)
    (page,) = pool.map([site.url("/next")])
    assert page.error is None


def test_what_a_sink_raises_keeps_its_cause(package: ModuleType, pool: Any, site: Site) -> None:
    def sink(piece: bytes) -> None:
        try:
            raise LookupError
        except LookupError as error:
            raise _Full from error

    with pytest.raises(_Full) as raised:
        list(pool.map([package.Request(site.url("/x"), sink=sink)]))
    assert isinstance(raised.value.__cause__, LookupError)


def test_a_large_download_into_a_sink_holds_no_memory(
    package: ModuleType, pool: Any, site: Site
) -> None:
    size = 64 << 20

    def send(exchange: Exchange) -> None:
        exchange.send(HEAD + b"Content-Length: %d\r\n\r\n" % size)
        block = b"x" * (1 << 20)
        for _ in range(size >> 20):
            exchange.send(block)

    site.answers["/large"] = send
    got = [0]

    def count(piece: bytes) -> None:
        got[0] += len(piece)

    run = pool.map([package.Request(site.url("/large"), sink=count), *site.urls(20)])
    assert sorted(page.status for page in run) == [200] * 21
    assert got[0] == size
    if sys.implementation.name == "cpython":
        tracemalloc.start()
        try:
            assert [
                page.error for page in pool.map([package.Request(site.url("/large"), sink=count)])
            ] == [None]
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("own", [False, True])
def test_a_body_of_the_greatest_length_is_taken(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, own: bool
) -> None:
    pool = make_pool(max_body=None if own else 1000)
    site.answers["/length"] = answer(b"x" * 1000)
    site.answers["/chunked"] = chunked(*[b"x" * 100] * 10)
    site.answers["/close"] = closing(HEAD + b"\r\n" + b"x" * 1000)
    for path in ("/length", "/chunked", "/close"):
        (page,) = pool.map([package.Request(site.url(path), max_body=1000 if own else None)])
        assert (page.error, page.body) == (None, b"x" * 1000)
        if not own:
            (page,) = pool.map([site.url(path)])
            assert (page.error, page.body) == (None, b"x" * 1000)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("has_sink", [False, True])
def test_a_longer_body_is_an_error_with_what_had_come(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, own: bool, has_sink: bool
) -> None:
    pool = make_pool(max_body=5000 if own else 1000)
    site.answers["/chunked"] = chunked(*[b"x" * 100] * 11)
    site.answers["/close"] = closing(HEAD + b"\r\n" + b"x" * 1001)
    site.answers["/slow"] = lambda exchange: exchange.send_slowly(chunked(b"x" * 1001), 0.001, 100)
    for path in ("/chunked", "/close", "/slow"):
        sink = io.BytesIO()
        most = 1000 if own else None
        request = package.Request(site.url(path), max_body=most, sink=sink if has_sink else None)
        (page,) = pool.map([request])
        assert isinstance(page.error, package.client.HTTPException)
        assert "1000" in str(page.error)
        assert (page.status, page.phase) == (200, "body")
        assert (sink.getvalue(), page.body)[not has_sink] == b"x" * 1000
        assert (sink.getvalue(), page.body)[has_sink] == b""
        site.wait_until_open(0)


@pytest.mark.parametrize("given", ["url", "request"])
def test_a_length_beyond_the_limit_is_refused_at_once(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, given: str
) -> None:
    pool = make_pool(max_body=1000)
    site.answers["/"] = lambda exchange: (
        exchange.send(answer(b"x" * 1001)[:-1001]),
        exchange.hang(),
    )
    site.answers["/whole"] = answer(b"x" * 1001)
    for path in ("/", "/whole"):
        url = site.url(path)
        (page,) = pool.map([url if given == "url" else package.Request(url)])
        assert isinstance(page.error, package.client.HTTPException)
        assert (page.status, page.body, page.phase) == (200, b"", "body")
    site.wait_until_open(0)


def test_no_body_is_too_long_that_is_not_sent(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(max_body=10)
    site.answers["/head"] = HEAD + b"Content-Length: 5000\r\n\r\n"
    site.answers["/304"] = b"HTTP/1.1 304 Not\r\nContent-Length: 5000\r\n\r\n"
    requests = [package.Request(site.url("/head"), "HEAD"), site.url("/304")]
    assert [page.error for page in pool.map(requests)] == [None, None]


def test_max_body_may_be_nothing(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(max_body=0)
    site.answers["/"] = answer(b"")
    site.answers["/one"] = chunked(b"1")
    pages = {page.url: page for page in pool.map([site.url("/"), site.url("/one")])}
    assert pages[site.url("/")].error is None
    assert pages[site.url("/one")].error is not None
    assert pages[site.url("/one")].body == b""


def test_a_slow_sink_makes_no_timeouts(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, context: Any
) -> None:
    """What it takes is the program's own time: others have not been slow meanwhile."""
    pool = make_pool(deadline=0.4, timeout=0.4)
    is_slow = threading.Event()

    def sink(piece: bytes) -> None:
        is_slow.wait(0.45)

    site.answers["/sunk"] = answer(b"x" * 1000)
    site.answers["/drip"] = lambda exchange: exchange.send_slowly(answer(b"0123456789"), 0.005)
    slow = package.Request(site.url("/sunk"), sink=sink)
    pages = list(pool.map([site.url("/drip"), slow, site.url("/drip"), slow]))
    assert [page.error for page in pages] == [None] * 4
