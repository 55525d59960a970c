"""Deadlines and timeouts, and what is no timeout."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, chunked, hang, silent

#: A machine that has much else to do, in seconds.
LATE = 1.0


def _fails_by(page: Any, seconds: float, phase: str) -> None:
    assert isinstance(page.error, TimeoutError), page
    assert page.phase == phase
    assert seconds - 0.01 <= page.elapsed < seconds + LATE
    assert f"{seconds:g}" in str(page.error)


def drip_body(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    exchange.send_slowly(b"x" * 1000, 0.03)


def drip_head(exchange: Exchange) -> None:
    exchange.send_slowly(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000, 0.03)


def drip_chunks(exchange: Exchange) -> None:
    head, end, chunks = chunked(*[b"x"] * 500).partition(b"\r\n\r\n")
    exchange.send(head + end)
    exchange.send_slowly(chunks, 0.03)


def drip_interim(exchange: Exchange) -> None:
    exchange.send_slowly(b"HTTP/1.1 100 C\r\n\r\n" * 50, 0.03)


@pytest.mark.parametrize(
    ("said", "phase"),
    [
        (drip_body, "body"),
        (drip_head, "head"),
        (drip_chunks, "body"),
        (drip_interim, "head"),
        (hang, "head"),
    ],
)
def test_a_deadline_ends_an_answer_that_does_not_end(
    make_pool: Callable[..., Any], site: Site, said: Any, phase: str
) -> None:
    pool = make_pool(deadline=0.2)
    site.answers["/"] = said
    pages = list(pool.map([site.url("/")] * 6))
    for page in pages:
        _fails_by(page, 0.2, phase)
    assert pool._engine.slots.open == 0
    site.wait_until_open(0)


def test_a_body_that_a_deadline_has_ended_is_there_as_far_as_it_came(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(deadline=0.3)
    site.answers["/"] = drip_body
    (page,) = pool.map([site.url("/")])
    assert (page.status, page.getheader("Content-Length")) == (200, "1000")
    assert 0 < len(page.body) < 1000


def test_a_request_has_a_deadline_of_its_own(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(deadline=0.3)
    site.answers["/"] = drip_body

    def late(exchange: Exchange) -> None:
        site.closing.wait(0.4)
        exchange.send(answer(b"late"))

    site.answers["/late"] = late
    shorter = package.Request(site.url("/"), deadline=0.1)
    longer = package.Request(site.url("/late"), deadline=20)
    pages = {page.request: page for page in pool.map([shorter, longer, site.url("/")])}
    _fails_by(pages.pop(shorter), 0.1, "body")
    assert pages.pop(longer).body == b"late"
    _fails_by(next(iter(pages.values())), 0.3, "body")


def test_a_timeout_is_for_each_wait(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(timeout=0.3, deadline=None)
    site.answers["/drip"] = lambda exchange: exchange.send_slowly(answer(b"x" * 10), 0.12, 10)
    site.answers["/hang"] = hang
    pages = {page.url: page for page in pool.map([site.url("/drip"), site.url("/hang")])}
    assert pages[site.url("/drip")].body == b"x" * 10
    assert pages[site.url("/drip")].elapsed > 0.4
    _fails_by(pages[site.url("/hang")], 0.3, "head")


@pytest.mark.parametrize("way", ["deadline", "timeout"])
def test_a_connection_that_is_not_accepted_ends(make_pool: Callable[..., Any], way: str) -> None:
    with silent() as (host, port):
        pool = make_pool(**{way: 0.2})
        (page,) = pool.map([f"http://{host}:{port}/"])
        _fails_by(page, 0.2, "connect")
        assert pool._engine.slots.open == 0


@pytest.mark.parametrize("way", ["deadline", "timeout"])
def test_a_handshake_that_hangs_ends(make_pool: Callable[..., Any], site: Site, way: str) -> None:
    site.welcome = lambda sock: sock.recv(1) and site.closing.wait(20)
    pool = make_pool(**{way: 0.2})
    (page,) = pool.map([site.url("/").replace("http", "https")])
    _fails_by(page, 0.2, "TLS")
    assert pool._engine.slots.open == 0


@pytest.mark.parametrize("way", ["deadline", "timeout"])
def test_a_lookup_that_hangs_ends(make_pool: Callable[..., Any], site: Site, way: str) -> None:
    is_over = threading.Event()

    def resolve(host: str, port: int) -> list[Any]:
        is_over.wait(20)
        return site.resolve(host, port)

    pool = make_pool(**{way: 0.2}, resolver=resolve)
    for page in pool.map(["http://h.test/", "http://h.test/2", "http://other.test/"]):
        _fails_by(page, 0.2, "lookup")
    assert pool._engine.slots.open == 0
    is_over.set()
    (page,) = pool.map(["http://third.test/"])
    assert page.error is None


def test_a_deadline_is_kept_while_many_servers_drip(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(deadline=0.6, total=100, per_host=100)
    site.answers["/"] = lambda exchange: (
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
        exchange.send_slowly(b"x" * 100, 0.05),
    )
    pages = list(pool.map([site.url("/")] * 100))
    assert all(isinstance(page.error, TimeoutError) for page in pages)
    assert all(page.elapsed >= 0.6 for page in pages)
    assert sorted(page.elapsed for page in pages)[90] < 0.65  # on a machine that others use, too


def test_a_slow_consumer_makes_no_timeouts(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(deadline=0.2, timeout=0.2)
    for page in pool.map(site.urls(12)):
        assert page.error is None
        time.sleep(0.25 if page.url.endswith("0") else 0)


@pytest.mark.parametrize("size", [100, 400_000])
def test_what_has_arrived_is_read_before_a_timer_is_judged(
    make_pool: Callable[..., Any], site: Site, size: int
) -> None:
    """The consumer stays away for less than what is taken for being away, but for too long."""
    pool = make_pool(deadline=0.08, timeout=0.08)
    site.answers["/large"] = answer(b"x" * size)
    with pool.map([site.url("/first"), *[site.url("/large")] * 3]) as run:
        for page in run:
            assert page.error is None, page
            time.sleep(0.09)


def test_a_slow_iterable_makes_no_timeouts(
    make_pool: Callable[..., Any], context: Any, safe_site: Site
) -> None:
    """Of the handshakes, either, which need the loop to be driven more than once."""
    pool = make_pool(timeout=0.2, context=context)

    def urls() -> Iterator[str]:
        for number in range(3):
            time.sleep(0.25)
            yield safe_site.url(f"/{number}", "localhost")

    pages = list(pool.map(urls()))
    assert [page.error for page in pages] == [None] * 3


def test_elapsed_is_from_the_start_to_the_last_byte(pool: Any, site: Site) -> None:
    def late(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        site.closing.wait(0.3)
        exchange.send(b"late")

    site.answers["/late"] = late
    (page,) = pool.map([site.url("/late")])
    assert 0.29 < page.elapsed < 0.3 + LATE


def test_no_limit_is_no_limit(package: ModuleType, site: Site) -> None:
    with package.Pool(deadline=None, timeout=None, idle_timeout=None) as pool:
        pages = list(pool.map(site.urls(50)))
        assert [page.error for page in pages] == [None] * 50
        assert len(pool.request("GET", site.url("/")).read()) > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"total": 0},
        {"total": "5"},
        {"total": True},
        {"per_host": 0},
        {"delay": -1},
        {"delay": "1"},
        {"deadline": 0},
        {"deadline": -1},
        {"timeout": 0},
        {"timeout": "1"},
        {"idle_timeout": -1},
        {"queue_timeout": 0},
        {"max_body": -1},
        {"max_body": 1.5},
        {"max_head_bytes": 0},
        {"max_response_headers": -1},
        {"strict": True, "on_informational": 5},
        {"resolver": 5},
        {"deadline": float("nan")},
    ],
    ids=str,
)
def test_a_wrong_argument_of_a_pool_raises(package: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=r"must|callable"):
        package.Pool(**wrong)
