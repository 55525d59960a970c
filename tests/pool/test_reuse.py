"""Which connections are used again, and which requests are sent again."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..hostile.tls import server_context
from .site import Exchange, Site, answer, chunked, serving


def _get(pool: Any, url: str) -> Any:
    (page,) = pool.map([url])
    return page


def test_the_newest_connection_is_used_first(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool()
    meeting = threading.Barrier(3, timeout=20)

    def meet(exchange: Exchange) -> None:
        meeting.wait()
        exchange.send(answer(b"%d" % exchange.number))

    site.answers["/together"] = meet
    last = [page.body for page in pool.map([site.url("/together")] * 3)][-1]
    for _ in range(5):
        assert _get(pool, site.url("/next")).body == last + b" /next"
    assert site.opened == 3


def test_a_connection_that_the_server_has_closed_is_not_used(pool: Any, site: Site) -> None:
    for number in range(3):
        page = _get(pool, site.url("/"))
        assert (page.body, page.tries) == (b"%d /" % number, 1)
        site.hang_up()


def test_a_server_that_closes_connections_loses_no_get(pool: Any, site: Site) -> None:
    """At once behind each third answer, and without a word."""

    def third(exchange: Exchange) -> None:
        exchange.send(answer(exchange.target.encode()))
        exchange.is_last = len(site.heard) % 3 == 0

    site.default = third
    pages = list(pool.map(site.urls(600)))
    assert sorted(page.body.decode() for page in pages) == sorted(f"/{n}" for n in range(600))
    assert [page.error for page in pages] == [None] * 600


@pytest.mark.parametrize("said", [b"x", b"\r\n", answer(b"not asked for"), answer(b"")])
@pytest.mark.parametrize("way", ["with the answer", "behind it", "later"])
def test_what_nobody_has_asked_for_is_given_to_nobody(
    pool: Any, site: Site, said: bytes, way: str
) -> None:
    def send(exchange: Exchange) -> None:
        if way == "with the answer":
            exchange.send(answer(b"asked") + said)
        else:
            exchange.send(answer(b"asked"))
            if way == "behind it":
                exchange.send(said)

    site.answers["/asked"] = send
    assert _get(pool, site.url("/asked")).body == b"asked"
    if way == "later":
        site.say(said)
    elif way == "behind it":
        time.sleep(0.02)
    assert _get(pool, site.url("/next")).body == b"1 /next"


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("size", [65536, 131072, 262144, 65536 + 262144])
def test_what_lies_behind_an_answer_that_fills_what_is_read_is_given_to_nobody(
    make_pool: Callable[..., Any], site: Site, size: int, is_chunked: bool
) -> None:
    """The answer ends where a piece ends that was received, so that nothing tells of the rest."""
    pool = make_pool(per_host=1)
    head, end = b"HTTP/1.1 200 OK\r\nContent-Length: %06d\r\n\r\n", b""
    if is_chunked:
        head, end = chunked()[:-5] + b"%06x\r\n", b"\r\n0\r\n\r\n"
    body = b"x" * (size - len(head % 0) - len(end))
    made = head % len(body) + body + end
    assert len(made) == size
    is_read = threading.Event()

    def send(exchange: Exchange) -> None:
        is_read.wait(20)
        # All of it is the kernel's at once: no thread has to be woken for the last of it.
        exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        exchange.send(made + answer(b"not asked for"))

    site.answers["/asked"] = send
    run = pool.map([site.url("/asked"), site.url("/1"), site.url("/2")])
    is_read.set()
    bodies = [page.body for page in run]
    assert bodies[0] == body
    assert [each.split()[-1] for each in bodies[1:]] == [b"/1", b"/2"]


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="packets cannot be put together")
def test_an_answer_in_a_record_of_its_own_is_given_to_nobody(
    make_pool: Callable[..., Any], context: Any, certificates: Any
) -> None:
    """Over TLS a read gives one record, and another may lie behind it."""
    pool = make_pool(per_host=1, context=context)
    with serving(server_context(certificates)) as site:

        def send(exchange: Exchange) -> None:
            """Three records in one packet."""
            exchange.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            exchange.send(answer(b"asked"))
            exchange.send(answer(b"not asked for"))
            exchange.send(answer(b"nor this"))
            exchange.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

        site.answers["/asked"] = send
        urls = [site.url(path, "localhost") for path in ("/asked", "/1", "/asked", "/2", "/3")]
        bodies = [page.body.split()[-1] for page in pool.map(urls)]
        assert sorted(bodies) == [b"/1", b"/2", b"/3", b"asked", b"asked"]


class _Stale:
    """Answers the first request of each connection, and ends it at the second."""

    def __init__(self, site: Site, how: str) -> None:
        self.seen: set[int] = set()
        self.how = how
        site.default = self

    def __call__(self, exchange: Exchange) -> None:
        if exchange.number not in self.seen:
            self.seen.add(exchange.number)
            exchange.send(answer(exchange.method.encode() + b" " + exchange.body))
        elif self.how == "close":
            exchange.is_last = True
        else:
            exchange.reset()


@pytest.fixture(params=["close", "reset"])
def stale(request: pytest.FixtureRequest, pool: Any, site: Site) -> Any:
    """A pool with a kept connection that the server will end when it is used."""
    _Stale(site, request.param)
    assert _get(pool, site.url("/first")).error is None
    return pool


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
def test_an_idempotent_request_on_a_stale_connection_is_sent_again(
    package: ModuleType, stale: Any, site: Site, method: str
) -> None:
    (page,) = stale.map([package.Request(site.url("/second"), method)])
    assert (page.error, page.status, page.tries) == (None, 200, 2)
    assert site.targets == ["/first", "/second", "/second"]
    assert site.numbers == [0, 0, 1]


def test_a_url_on_a_stale_connection_is_asked_for_again(stale: Any, site: Site) -> None:
    page = _get(stale, site.url("/second"))
    assert (page.error, page.tries, page.body) == (None, 2, b"GET ")


@pytest.mark.parametrize("method", ["POST", "PATCH", "get", "OTHER"])
@pytest.mark.parametrize("body", [None, b"content"])
def test_a_post_is_not_sent_twice(
    package: ModuleType, stale: Any, site: Site, method: str, body: Any
) -> None:
    (page,) = stale.map([package.Request(site.url("/second"), method, body=body)])
    assert isinstance(page.error, ConnectionError)
    assert (page.phase, page.tries, page.status) == ("head", 1, None)
    assert site.targets == ["/first", "/second"]


def test_a_body_that_can_be_read_once_is_not_sent_twice(
    package: ModuleType, stale: Any, site: Site
) -> None:
    blocks = iter([b"con", b"tent"])
    (page,) = stale.map([package.Request(site.url("/second"), "PUT", body=blocks)])
    assert isinstance(page.error, ConnectionError)
    assert len(site.heard) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"content",
        lambda: "content",
        lambda: [b"con", b"tent"],
        lambda: io.BytesIO(b"content"),
    ],
)
def test_a_body_that_can_be_read_again_is_sent_again(
    package: ModuleType, stale: Any, site: Site, make: Callable[[], Any]
) -> None:
    (page,) = stale.map([package.Request(site.url("/second"), "PUT", body=make())])
    assert (page.error, page.body, page.tries) == (None, b"PUT content", 2)


def test_nothing_is_sent_again_where_retry_stale_is_off(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(retry_stale=False)
    _Stale(site, "close")
    assert _get(pool, site.url("/first")).error is None
    page = _get(pool, site.url("/second"))
    assert isinstance(page.error, ConnectionError)
    assert page.tries == 1


def test_nothing_is_sent_again_of_which_an_answer_had_begun(pool: Any, site: Site) -> None:
    assert _get(pool, site.url("/first")).error is None
    site.answers["/cut"] = lambda exchange: exchange.end(b"HTTP/1.1 2")
    page = _get(pool, site.url("/cut"))
    assert page.error is not None
    assert (page.tries, site.targets) == (1, ["/first", "/cut"])


def test_nothing_is_sent_again_that_had_a_fresh_connection(pool: Any, site: Site) -> None:
    site.default = lambda exchange: exchange.end(b"")
    page = _get(pool, site.url("/first"))
    assert isinstance(page.error, ConnectionError)
    assert (page.tries, site.targets) == (1, ["/first"])


def test_a_request_is_sent_again_only_once(stale: Any, site: Site) -> None:
    site.default = lambda exchange: exchange.end(b"")
    page = _get(stale, site.url("/second"))
    assert isinstance(page.error, ConnectionError)
    assert (page.tries, len(site.heard)) == (2, 3)


def test_a_request_that_is_sent_again_keeps_its_deadline_while_it_waits(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(total=1, resolver=site.resolve)
    assert _get(pool, "http://one.test/first").error is None
    site.answers["/stale"] = lambda exchange: exchange.end(b"")
    site.answers["/hang"] = lambda exchange: exchange.hang()
    requests = [
        package.Request("http://one.test/stale", deadline=0.3),
        package.Request("http://two.test/hang", deadline=0.9),
    ]
    pages = list(pool.map(requests))
    assert all(page.error is not None for page in pages)
    by_url = {page.url: page for page in pages}
    assert by_url["http://one.test/stale"].elapsed < 0.8


def test_an_idle_connection_is_closed_after_its_time(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(idle_timeout=0.1, resolver=site.resolve)

    def late(exchange: Exchange) -> None:
        site.closing.wait(0.3)
        exchange.send(answer(b"late"))

    site.answers["/late"] = late
    run = pool.map(["http://one.test/quick", "http://two.test/late"])
    assert next(run).error is None
    assert next(run).body == b"late"
    site.wait_until_open(1)


def test_a_connection_that_was_idle_for_too_long_is_not_used(
    make_pool: Callable[..., Any], site: Site
) -> None:
    """Also where nobody has driven the loop meanwhile."""
    pool = make_pool(idle_timeout=0.15)
    assert _get(pool, site.url("/1")).body == b"0 /1"
    assert _get(pool, site.url("/2")).body == b"0 /2"
    time.sleep(0.2)
    assert _get(pool, site.url("/3")).body == b"1 /3"
    time.sleep(0.2)
    assert pool.request("GET", site.url("/4")).read() == b"2 /4"


def test_connections_are_kept_from_run_to_run(pool: Any, site: Site) -> None:
    for _ in range(5):
        assert len(list(pool.map(site.urls(6)))) == 6
    assert site.opened <= 6
