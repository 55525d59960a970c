"""Delays, the queue, and whose turn it is: what would look otherwise on a busy machine."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from .site import Exchange, Site, answer


def test_there_are_no_more_connections_than_total(
    make_pool: Callable[..., Any], site: Site
) -> None:
    """With more hosts than that, idle connections make place."""
    pool = make_pool(total=10, per_host=4, resolver=site.resolve)
    urls = [f"http://h{n % 60}.test/{n}" for n in range(600)]
    pages = list(pool.map(urls))
    assert [page.error for page in pages] == [None] * 600
    # The server learns of a connection's end a little later than the next one is opened.
    assert pool._engine.slots.open <= 10
    assert site.most_open <= 15


def test_a_host_with_many_requests_delays_no_other(
    make_pool: Callable[..., Any], site: Site
) -> None:
    def late(exchange: Exchange) -> None:
        """So that the server has the time to take another connection."""
        site.closing.wait(0.002)
        exchange.send(answer(b"late"))

    site.default = late
    many = [f"http://many.test/{n}" for n in range(1000)]
    few = [f"http://few{n}.test/" for n in range(8)]

    def last_of_few(run: Any) -> int:
        hosts = [page.url.split("/")[2] for page in run]
        assert len(hosts) == 1008
        return max(at for at, host in enumerate(hosts) if host != "many.test")

    with_room = make_pool(total=10, per_host=4, resolver=site.resolve)
    assert last_of_few(with_room.map(many + few)) < 500
    # Where there is room for one only, hosts that wait have their turns.
    run = make_pool(total=4, per_host=4, resolver=site.resolve).map([])
    for url in many + few:
        run.add(url)
    assert last_of_few(run) < 800


@pytest.mark.parametrize("is_run", [True, False])
def test_a_delay_lies_between_two_starts_to_one_host(
    make_pool: Callable[..., Any], site: Site, is_run: bool
) -> None:
    pool = make_pool(delay=0.1, resolver=site.resolve)
    urls = [f"http://{host}.test/" for host in "ab" * 4]
    if is_run:
        assert [page.error for page in pool.map(urls)] == [None] * 8
    else:
        for url in urls:
            pool.request("GET", url).read()
    by_host: dict[str, list[float]] = collections.defaultdict(list)
    for exchange in site.heard:
        by_host[exchange.host].append(exchange.at)
    for times in by_host.values():
        gaps = [b - a for a, b in itertools.pairwise(times)]
        assert len(gaps) == 3
        # What is measured is when they came, which the machine may put off.
        assert all(gap > 0.05 for gap in gaps), gaps
        assert sum(gaps) > 0.27


def test_a_delay_passes_while_the_program_is_busy(
    make_pool: Callable[..., Any], site: Site
) -> None:
    """It is between requests, and not of the time that the loop is driven."""
    pool = make_pool(delay=0.3)
    for _ in pool.map(site.urls(3)):
        site.closing.wait(0.3)
    times = [exchange.at for exchange in site.heard]
    assert times[2] - times[0] < 1.0  # and not 1.2


def test_the_first_request_is_not_delayed(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(delay=30)
    assert next(pool.map([site.url("/")])).error is None


def test_a_delay_counts_for_no_deadline(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(delay=0.3, deadline=0.2)
    pages = list(pool.map(site.urls(3)))
    assert [page.error for page in pages] == [None] * 3
    assert all(page.elapsed < 0.2 for page in pages)


def test_waiting_in_the_queue_has_a_limit_where_one_is_set(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(per_host=1, queue_timeout=0.2, deadline=None)

    def late(exchange: Exchange) -> None:
        site.closing.wait(0.4)
        exchange.send(answer(b"late"))

    site.answers["/late"] = late
    pages = list(pool.map([site.url("/late"), *site.urls(5)]))
    assert len(pages) == 6
    for page in pages[:5]:
        assert isinstance(page.error, TimeoutError)
        assert (page.phase, page.tries) == ("queue", 0)
    assert (pages[5].error, pages[5].body) == (None, b"late")
    assert site.targets == ["/late"]
    assert pool._engine.slots.waiting == 0


def test_waiting_in_the_queue_counts_for_no_deadline(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(per_host=1, deadline=0.5)

    def late(exchange: Exchange) -> None:
        site.closing.wait(0.12)
        exchange.send(answer(b"late"))

    site.default = late
    pages = list(pool.map(site.urls(5)))
    assert [page.error for page in pages] == [None] * 5
    assert all(0.1 < page.elapsed < 0.5 for page in pages)
