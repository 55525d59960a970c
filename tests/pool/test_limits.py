"""Limits, as the server counts: connections in all and to one host, and slots that come back."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .programs import run_program
from .site import Exchange, Site, answer, closing, hang


def test_no_host_has_more_connections_than_per_host(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(per_host=3)
    meeting = threading.Barrier(3, timeout=20)
    site.answers["/meet"] = lambda exchange: (meeting.wait(), exchange.send(answer(b"met")))
    assert len(list(pool.map([site.url("/meet")] * 30))) == 30
    assert site.most_open == site.opened == 3


def test_connections_that_hang_count(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(total=5, per_host=5, resolver=site.resolve, deadline=0.2)
    site.answers["/hang"] = hang
    urls = [f"http://h{n}.test/hang" for n in range(12)]
    assert all(page.error for page in pool.map(urls))
    assert site.most_open <= 6
    assert pool._engine.slots.open == 0


def test_hosts_that_hang_delay_no_other_that_has_room(
    make_pool: Callable[..., Any], site: Site
) -> None:
    """More requests than are looked at in one go wait for them."""
    pool = make_pool(total=20, per_host=2, resolver=site.resolve)
    site.answers["/hang"] = hang
    urls = ["http://hangs.test/hang"] * 3000 + [f"http://quick.test/{n}" for n in range(20)]
    with pool.map(urls) as run:
        for _ in range(20):
            assert next(run).url.startswith("http://quick.test/")


def _failing(site: Site) -> dict[str, Any]:
    """Answers that fail, each in its way."""
    head = b"HTTP/1.1 200 OK\r\n"
    return {
        "nothing": closing(b""),
        "reset": lambda exchange: exchange.reset(),
        "cut-head": closing(head),
        "cut-body": closing(head + b"Content-Length: 9\r\n\r\nx"),
        "garbage": closing(b"garbage\r\n\r\n"),
        "garbage-kept": b"garbage\r\n\r\n",
        "chunks": head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "too-long": answer(b"x" * 2000),
        "too-long-chunked": head + b"Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000,
        "head-too-long": head + b"A: b\r\n" * 2000 + b"\r\n",
        "no-end": lambda exchange: (exchange.send(head), exchange.hang()),
        "hang": hang,
    }


@pytest.mark.parametrize("way", [*_failing(None), "refused", "no-lookup", "bad-url", "bad-body"])  # type: ignore[arg-type]
def test_after_each_error_the_slots_come_back(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, way: str
) -> None:
    def resolve(host: str, port: int) -> list[Any]:
        if host == "unknown.test":
            raise OSError("no such name")
        if host == "refused.test":
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))]
        return site.resolve(host, port)

    pool = make_pool(
        total=20,
        per_host=8,
        max_body=1000,
        resolver=resolve,
        deadline=0.2 if way in ("hang", "no-end") else 20,
    )
    site.answers["/fails"] = _failing(site).get(way, b"")
    count = 8 if way in ("hang", "no-end", "reset") else 100
    given: Any = "http://one.test/fails"
    if way == "refused":
        given = "http://refused.test/"
    elif way == "no-lookup":
        given = "http://unknown.test/"
    elif way == "bad-url":
        given = "http://one.test/a\tb"
    elif way == "bad-body":
        given = package.Request("http://one.test/fails", "PUT", body=["text"])
    pages = list(pool.map([given] * count))
    assert len(pages) == count
    assert all(isinstance(page.error, Exception) for page in pages)
    slots = pool._engine.slots
    assert slots.open == len(slots.all_idle())
    assert (slots.waiting, len(pool._engine.dials)) == (0, 0)
    assert all(host.open == len(host.idle) for host in pool._engine.directory._hosts.values())
    assert len(pool._engine.connections) == len(slots.all_idle())


@pytest.mark.parametrize("most", [2**31, 2**63, 2**100])
def test_a_limit_may_be_larger_than_any_body(
    make_pool: Callable[..., Any], site: Site, most: int
) -> None:
    (page,) = make_pool(max_body=most).map([site.url("/x")])
    assert page.body == b"0 /x"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of descriptors")
@pytest.mark.parametrize("place", ["map", "request"])
def test_no_request_is_lost_for_want_of_descriptors(
    implementation: str, site: Site, place: str
) -> None:
    """300 requests at once, each to a host of its own, with 64 descriptors."""

    def late(exchange: Exchange) -> None:
        site.closing.wait(0.02)
        exchange.send(answer(exchange.target.encode()))

    site.default = late
    said = run_program(implementation, "descriptors_program", place, site.port)
    assert said == {"good": 300, "errors": []}
    assert site.most_open <= 64


def test_hosts_of_which_nothing_is_needed_are_forgotten(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no limit is passed by it, also of those that are asked for again."""
    monkeypatch.setattr(package._pool.directory, "_MOST_HOSTS", 20)
    pool = make_pool(total=8, per_host=1, resolver=site.resolve)
    pool._engine.directory._most = 20
    for _ in range(2):
        pages = list(pool.map(f"http://h{n}.test/" for n in range(600)))
        assert [page.error for page in pages] == [None] * 600
        assert pool.request("GET", "http://h5.test/").read()
        assert len(pool._engine.directory._hosts) <= 300
        assert len(pool._engine.directory._by_origin) <= 300
    slots = pool._engine.slots
    assert slots.open == len(slots.all_idle()) <= 8
    known = set(pool._engine.directory._hosts.values())
    assert {connection.host for connection in slots.all_idle()} <= known
