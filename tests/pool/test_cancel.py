"""However a run is left, what is under way is cancelled, and its sockets are closed."""

from __future__ import annotations

import contextlib
import gc
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..client.response_delivery import PATIENCE
from .programs import command
from .site import Exchange, Site, answer, hang


@pytest.fixture
def under_way(pool: Any, site: Site) -> Any:
    """A run of which one page has come; five requests are under way, and five wait."""
    site.answers["/hang"] = hang
    run = pool.map([site.url("/first"), *[site.url("/hang")] * 10])
    assert next(run).body == b"0 /first"
    return run


def _check_cancelled(pool: Any, site: Site) -> None:
    site.wait_for(lambda: site.open <= 1)  # that of the first is idle, where it was not used again
    assert pool._engine.slots.waiting == 0
    assert pool._engine.slots.open == len(pool._engine.slots.all_idle())
    (page,) = pool.map([site.url("/next")])
    assert page.body.endswith(b"/next")


def test_closing_a_run_cancels_it(pool: Any, site: Site, under_way: Any) -> None:
    under_way.close()
    _check_cancelled(pool, site)
    assert list(under_way) == []
    under_way.close()


def test_leaving_the_with_block_of_a_run_cancels_it(pool: Any, site: Site, under_way: Any) -> None:
    with pytest.raises(LookupError), under_way:
        raise LookupError
    _check_cancelled(pool, site)


def test_leaving_a_loop_over_a_run_cancels_it(pool: Any, site: Site) -> None:
    site.answers["/hang"] = hang
    for page in pool.map([site.url("/first"), *[site.url("/hang")] * 10]):
        assert page.body == b"0 /first"
        break
    gc.collect()
    _check_cancelled(pool, site)


def test_the_collector_cancels_a_run(pool: Any, site: Site) -> None:
    site.answers["/hang"] = hang
    run = pool.map([site.url("/first"), *[site.url("/hang")] * 10])
    next(run)
    cycle: list[Any] = [run]
    cycle.append(cycle)
    del run, cycle
    gc.collect()
    _check_cancelled(pool, site)


def test_closing_the_pool_closes_all_sockets(site: Site, pool: Any, under_way: Any) -> None:
    pool.close()
    site.wait_until_open(0)
    with pytest.raises(RuntimeError, match="with block"):
        next(under_way)
    with pytest.raises(ValueError, match="closed"):
        pool.map([])
    with pytest.raises(ValueError, match="closed"):
        pool.amap([])
    with pytest.raises(ValueError, match="closed"):
        pool.request("GET", site.url("/"))
    with pytest.raises(ValueError, match="ended"):
        under_way.add(site.url("/"))
    pool.close()


def test_leaving_the_with_block_of_a_pool_closes_all_sockets(
    package: ModuleType, site: Site
) -> None:
    site.answers["/hang"] = hang
    with package.Pool() as pool:
        run = pool.map([site.url("/first"), site.url("/hang")])
        next(run)
    site.wait_until_open(0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="within the pool's with block"):
            next(run)


def test_a_run_that_is_first_read_behind_its_pool(package: ModuleType, site: Site) -> None:
    with package.Pool() as pool:
        run = pool.map(site.urls(3))
    with pytest.raises(RuntimeError, match="with block"):
        list(run)
    assert site.targets == []


@pytest.mark.parametrize("ordered", [False, True])
def test_a_run_that_had_ended_is_as_good_behind_its_pool(
    package: ModuleType, site: Site, ordered: bool
) -> None:
    urls = site.urls(3)
    with package.Pool() as pool:
        run = pool.map(urls, ordered=ordered)
        pages = [next(run)]
        site.wait_for(lambda: len(site.targets) == 3)
        while run.progress.done < 3:
            pool._engine.step(run._work)
    pages += run
    assert sorted(page.url for page in pages) == urls
    assert list(run) == []


def test_what_has_come_is_given_behind_a_pool(package: ModuleType, site: Site) -> None:
    site.answers["/hang"] = hang
    with package.Pool() as pool:
        run = pool.map([*site.urls(2), site.url("/hang")])
        while run.progress.done < 2:
            pool._engine.step(run._work)
    assert sorted(page.url for page in (next(run), next(run))) == site.urls(2)
    with pytest.raises(RuntimeError, match="with block"):
        next(run)


def test_a_pool_that_is_closed_while_its_run_turns(package: ModuleType, site: Site) -> None:
    pool = package.Pool()
    request = package.Request(site.url("/1"), sink=lambda piece: pool.close())
    with pytest.raises(RuntimeError, match="with block"):
        list(pool.map([request, site.url("/2")]))


def test_the_collector_closes_a_pool(package: ModuleType, site: Site) -> None:
    pool = package.Pool()
    assert len(list(pool.map(site.urls(5)))) == 5
    assert site.open > 0
    del pool
    gc.collect()
    site.wait_until_open(0)


@pytest.mark.skipif(sys.platform == "win32", reason="select() has no descriptor")
def test_a_pool_without_a_run_leaves_no_descriptor_behind(package: ModuleType, site: Site) -> None:
    with package.Pool() as pool:
        poller = pool._engine.loop.poller
        descriptor = poller.fileno()
        assert len(list(pool.map(site.urls(20)))) == 20
    site.wait_until_open(0)
    with pytest.raises(ValueError):
        poller.fileno()
    assert descriptor >= 0


def test_what_has_been_given_to_nobody_is_forgotten_with_its_run(pool: Any, site: Site) -> None:
    """The next run gives its own pages only."""
    run = pool.map(site.urls(100, "/old-"))
    next(run)
    run.close()
    pages = list(pool.map(site.urls(50, "/new-")))
    assert sorted(page.url for page in pages) == sorted(site.urls(50, "/new-"))
    assert all(b"/new-" in page.body for page in pages)


def test_a_request_that_waits_too_long_is_of_no_concern_to_the_next_run(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(per_host=1, queue_timeout=0.15)
    site.answers["/hang"] = hang
    with pool.map([site.url("/first"), *[site.url("/hang")] * 5]) as run:
        next(run)

    def slowly(exchange: Exchange) -> None:
        site.closing.wait(0.3)
        exchange.send(answer(b"slow"))

    site.answers["/slow"] = slowly
    assert [page.body for page in pool.map([site.url("/slow")])] == [b"slow"]
    assert pool._engine.slots.waiting == 0


def test_a_connection_in_the_making_is_closed(
    make_pool: Callable[..., Any], context: Any, site: Site
) -> None:
    """Here in the midst of its handshake, which never ends."""
    pool = make_pool(context=context)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        run = pool.map([f"https://127.0.0.1:{silent.getsockname()[1]}/", site.url("/ok")])
        assert next(run).body == b"0 /ok"
        assert len(pool._engine.dials) == 1
        run.close()
        with silent.accept()[0] as far:
            far.settimeout(PATIENCE)
            with contextlib.suppress(ConnectionError):
                while far.recv(65536):
                    pass
    assert pool._engine.slots.open == 1
    assert not pool._engine.dials


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
@pytest.mark.parametrize("place", ["map", "request", "get"])
def test_ctrl_c_cancels_what_is_under_way(implementation: str, site: Site, place: str) -> None:
    site.answers["/hang"] = hang
    given = command(implementation, "interrupted_program", place, site.url(""))
    program = subprocess.Popen(**given, stdout=subprocess.PIPE)
    with program:
        site.wait_for(lambda: "/hang" in site.targets)
        program.send_signal(signal.SIGINT)
        assert program.stdout is not None
        said = json.loads(program.stdout.read())
    assert program.returncode == 0
    assert said == {"interrupted": True, "slots": 0, "next": "/next"}
