"""Whose connection is closed for whom: one that is idle for a moment only stays open."""

from __future__ import annotations

import types
from typing import Any

import pytest

from fasthttp._pool.hosts import MOMENT, TURN, Host, Slots


def host(name: str) -> Host:
    return Host(f"http://{name}", name, 80, b"", False)


def page(is_fresh: bool = False) -> Any:
    return types.SimpleNamespace(error=None, _is_fresh=is_fresh)


class Connection:
    """As much of one as is counted."""

    def __init__(self, of: Host) -> None:
        self.host = of
        self.turn = TURN
        self.idle_since = 0.0


@pytest.fixture
def slots() -> Slots:
    return Slots(2, 2, 0.0)


@pytest.fixture
def busy(slots: Slots) -> Host:
    """A host with a connection that is busy; another one's is idle since 10.0."""
    other, busy = host("other"), host("busy")
    for each in (other, busy):
        slots.add(each, page())
        start = slots.next(10.0)
        assert start is not None
        assert start.host is each
    assert slots.release(Connection(other), 10.0) is None
    return busy


def test_what_is_idle_for_a_moment_is_not_closed_for_a_host_that_has_a_connection(slots, busy):
    slots.add(busy, page())
    assert slots.next(10.0 + MOMENT / 2) is None
    assert slots.waiting == 1


def test_what_is_idle_for_longer_is_closed_and_nobody_has_to_ask(slots, busy):
    waiting = page()
    slots.add(busy, waiting)
    assert slots.next(10.0 + MOMENT / 2) is None
    moment = slots.next_delayed()
    assert moment is not None and moment <= 10.0 + 1.5 * MOMENT
    start = slots.next(moment)
    assert start is not None and start.page is waiting and start.evicted is not None
    assert (slots.open, busy.open) == (2, 2)


def test_a_host_without_a_connection_has_it_at_once(slots, busy):
    slots.add(busy, page())
    third = host("third")
    slots.add(third, page())
    start = slots.next(10.0)
    assert start is not None and start.host is third and start.evicted is not None
    assert third.open == 1


def test_so_has_a_request_that_needs_a_fresh_connection(slots, busy):
    slots.add(busy, page(is_fresh=True), first=True)
    start = slots.next(10.0)
    assert start is not None and start.host is busy and start.evicted is not None


def test_so_has_a_thread(slots, busy):
    found = slots.take_for_thread(busy, 0.0, lambda: False, lambda: 10.0)
    assert found is not None and found[1] is not None


def test_a_host_is_put_aside_once(slots, busy):
    for _ in range(100):
        slots.add(busy, page())
        assert slots.next(10.1) is None
    assert list(slots._aside) == [busy]


def test_nothing_is_looked_at_again_for_a_host_that_is_done(slots, busy):
    slots.add(busy, page())
    assert slots.next(10.1) is None
    assert slots.release(Connection(busy), 10.2) is not None
    assert slots.release(Connection(busy), 10.2) is None
    assert slots.next(10.0 + 2 * MOMENT) is None
    assert slots.next_delayed() is None


def test_nothing_is_looked_at_again_while_threads_have_the_room(slots, busy):
    slots.add(busy, page())
    assert slots.next(10.1) is None
    other = next(iter(slots._idle)).host
    slots._want(other)
    slots._want(other)
    for since in range(1, 5):
        assert slots.next(10.0 + since * MOMENT) is None
        assert slots.next_delayed() is None
    slots._want_no_more(other)
    slots._want_no_more(other)
    start = slots.next(10.0 + 5 * MOMENT)
    assert start is not None
    assert start.evicted is not None


def test_a_new_run_looks_again_too(slots, busy):
    slots.add(busy, page())
    assert slots.next(10.1) is None
    slots.clear([busy])
    slots.add(busy, page())
    assert slots.next(10.2) is None
    assert slots.next_delayed() is not None


def test_a_busy_host_has_the_room_that_others_leave(slots, busy):
    slots.add(busy, page())
    slots.add(busy, page())
    assert slots.next(10.1) is None
    other = slots.longest_idle()
    assert slots.forget(other)
    assert not slots.forget(other)
    assert slots.next(10.15) is None  # its socket is open
    slots.give(other.host)
    assert slots.release(Connection(busy), 10.2) is not None
    start = slots.next(10.2)
    assert start is not None and start.host is busy and start.connection is None


def test_hosts_in_turn_keep_their_connections(make_pool, site):
    pool = make_pool(total=20, per_host=6, resolver=site.resolve)
    urls = [f"http://h{number % 20}:{site.port}/{number}" for number in range(2000)]
    assert not [page for page in pool.map(urls) if page.error is not None]
    # Not more than 20, unless the machine makes some wait for longer than a moment.
    assert site.opened <= 40
