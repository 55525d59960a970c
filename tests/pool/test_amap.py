"""`Pool.amap`: a run in asyncio's loop."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import ModuleType
from typing import Any

import pytest

from ..client.response_delivery import PATIENCE
from .site import Exchange, Site, answer, hang


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What it returns, in a loop of its own."""
    return asyncio.run(coroutine)


async def _all(pages: Any) -> list[Any]:
    return [page async for page in pages]


def test_every_request_has_its_own_page(pool: Any, site: Site) -> None:
    urls = site.urls(300)
    pages = run(_all(pool.amap(urls)))
    assert sorted(page.url for page in pages) == sorted(urls)
    assert all(page.body.endswith(page.url.removeprefix(site.url("")).encode()) for page in pages)


def test_nothing_to_ask_for_gives_no_page(pool: Any) -> None:
    assert run(_all(pool.amap([]))) == []


def test_ordered_keeps_the_order(pool: Any, site: Site) -> None:
    def late(exchange: Exchange) -> None:
        site.closing.wait(0.1)
        exchange.send(answer(b"late"))

    site.answers["/late"] = late
    urls = [site.url("/late"), *site.urls(20)]
    assert [page.url for page in run(_all(pool.amap(urls, ordered=True)))] == urls


def test_a_crawler_adds_what_it_finds(pool: Any, site: Site) -> None:
    async def crawl() -> list[int]:
        seen = []
        pages = pool.amap([site.url("/1")])
        async for page in pages:
            number = int(page.url.rpartition("/")[2])
            seen.append(number)
            for more in (2 * number, 2 * number + 1):
                if more < 100:
                    pages.add(site.url(f"/{more}"))
        assert pages.progress.done == 99
        with pytest.raises(ValueError, match="ended"):
            pages.add(site.url("/"))
        return seen

    assert sorted(run(crawl())) == list(range(1, 100))


def test_a_deadline_passes_though_nothing_happens(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(deadline=0.3)
    site.answers["/hang"] = hang
    (page,) = run(_all(pool.amap([site.url("/hang")])))
    assert isinstance(page.error, TimeoutError)
    assert 0.29 < page.elapsed < 1.3


def test_a_slow_consumer_makes_no_timeouts(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(deadline=0.2, timeout=0.2)

    async def consume() -> None:
        async for page in pool.amap(site.urls(12)):
            assert page.error is None
            await asyncio.sleep(0.25 if page.url.endswith("0") else 0)

    run(consume())


def test_cancelling_the_task_closes_the_sockets(pool: Any, site: Site) -> None:
    site.answers["/hang"] = hang

    async def cancel() -> None:
        async def consume() -> None:
            await _all(pool.amap([site.url("/hang")] * 3))

        task = asyncio.create_task(consume())
        while len(site.heard) < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pool._engine.slots.open == 0
        await asyncio.to_thread(site.wait_until_open, 0)
        (page,) = await _all(pool.amap([site.url("/next")]))
        assert page.body == b"3 /next"

    run(cancel())


def test_cancelling_a_consumer_in_its_own_wait_closes_the_sockets(pool: Any, site: Site) -> None:
    site.answers["/hang"] = hang

    async def cancel() -> None:
        async def consume() -> None:
            async with pool.amap([site.url("/first"), site.url("/hang")]) as pages:
                async for _ in pages:
                    await asyncio.sleep(30)

        task = asyncio.create_task(consume())
        while "/hang" not in site.targets:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pool._engine.slots.open == len(pool._engine.slots.all_idle())

    run(cancel())


def test_a_timeout_of_asyncio_ends_a_run(pool: Any, site: Site) -> None:
    site.answers["/hang"] = hang

    async def limit() -> None:
        with pytest.raises((TimeoutError, asyncio.TimeoutError)):
            await asyncio.wait_for(_all(pool.amap([site.url("/hang")])), 0.2)

    run(limit())
    site.wait_until_open(0)


def test_leaving_the_loop_closes_the_sockets(pool: Any, site: Site) -> None:
    site.answers["/hang"] = hang

    async def leave() -> None:
        async for page in pool.amap([site.url("/first"), site.url("/hang")]):
            assert page.body == b"0 /first"
            break

    run(leave())
    gc.collect()
    assert pool._engine.slots.open == len(pool._engine.slots.all_idle())
    assert next(pool.map([site.url("/next")])).error is None


def test_other_tasks_have_their_turn(pool: Any, site: Site) -> None:
    """Also where answers come faster than they are taken."""
    turns = [0]

    async def count() -> None:
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    async def both() -> None:
        counting = asyncio.create_task(count())
        assert len(await _all(pool.amap(site.urls(500)))) == 500
        counting.cancel()

    run(both())
    assert turns[0] > 20


def test_two_pools_run_in_one_loop(make_pool: Callable[..., Any], site: Site) -> None:
    one, two = make_pool(), make_pool()

    async def both() -> None:
        pages = await asyncio.gather(_all(one.amap(site.urls(100))), _all(two.amap(site.urls(100))))
        assert [len(each) for each in pages] == [100, 100]
        assert all(page.error is None for each in pages for page in each)

    run(both())


def test_what_the_iterable_raises_comes_out(pool: Any, site: Site) -> None:
    def urls() -> Iterator[str]:
        yield site.url("/1")
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        run(_all(pool.amap(urls())))
    site.wait_for(lambda: site.open == pool._engine.slots.open)


@pytest.mark.parametrize("kind", [LookupError, StopIteration, StopAsyncIteration])
def test_what_a_sink_raises_comes_out(
    package: ModuleType, pool: Any, site: Site, kind: type[Exception]
) -> None:
    def sink(piece: bytes) -> None:
        raise kind

    expected = LookupError if kind is LookupError else RuntimeError
    with pytest.raises(expected):
        run(_all(pool.amap([package.Request(site.url("/x"), sink=sink)])))
    site.wait_until_open(0)


def test_errors_are_pages(pool: Any, site: Site) -> None:
    site.answers["/cut"] = lambda exchange: exchange.end()
    pages = run(_all(pool.amap([site.url("/cut"), "bad", site.url("/good")])))
    assert sorted((page.error is None, page.url) for page in pages) == [
        (False, "bad"),
        (False, site.url("/cut")),
        (True, site.url("/good")),
    ]


def test_close_ends_a_run(pool: Any, site: Site) -> None:
    site.answers["/hang"] = hang

    async def close() -> None:
        pages = pool.amap([site.url("/first"), site.url("/hang")])
        await anext_of(pages)
        await pages.aclose()
        assert await _all(pages) == []
        pages.close()

    run(close())
    assert pool._engine.slots.open == len(pool._engine.slots.all_idle())


def test_a_run_that_is_read_behind_its_pool(package: ModuleType, site: Site) -> None:
    async def read() -> None:
        with package.Pool() as pool:
            whole = pool.amap(site.urls(2))
            assert len(await _all(whole)) == 2
            pages = pool.amap(site.urls(2))
        assert await _all(whole) == []
        with pytest.raises(RuntimeError, match="within the pool's with block"):
            await _all(pages)

    run(read())


async def anext_of(pages: Any) -> Any:
    """The next page."""
    return await pages.__anext__()


def test_a_pool_serves_one_loop_after_another(pool: Any, site: Site) -> None:
    for _ in range(3):
        assert [page.error for page in run(_all(pool.amap(site.urls(5))))] == [None] * 5
    assert next(pool.map([site.url("/x")])).error is None
    assert site.opened <= 6


def test_a_run_beside_threads_ends(make_pool: Callable[..., Any], site: Site) -> None:
    """A thread gives back the only slot, and wakes asyncio."""
    pool = make_pool(total=1)
    response = pool.request("GET", site.url("/held"))

    async def both() -> None:
        async def let_go() -> None:
            await asyncio.sleep(0.1)
            await asyncio.to_thread(response.close)

        task = asyncio.create_task(let_go())
        (page,) = await _all(pool.amap([site.url("/next")]))
        assert page.error is None
        await task

    run(both())


def _hop(exchange: Exchange) -> None:
    """Redirect each path of the one name to the other name."""
    name, _, port = exchange.host.partition(":")
    if name == "h.test":
        location = f"Location: http://g.test:{port}{exchange.path}".encode()
        exchange.send(answer(b"", location, status=b"302 F"))
    else:
        exchange.send(answer(b"there"))


def test_what_leads_to_another_host_is_not_held_up(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(redirects=1, resolver=site.resolve)
    site.default = _hop

    async def main() -> Any:
        return [page async for page in pool.amap([site.url("/1", "h.test")])]

    (page,) = asyncio.run(main())
    assert (page.error, page.body) == (None, b"there")
    assert page.elapsed < PATIENCE / 2


def test_what_fails_makes_room(make_pool: Callable[..., Any], site: Site) -> None:
    """Not only by a page that is done: here by one that pauses for its next try."""
    pool = make_pool(retries=1, per_host=1, total=1)
    said = [b"HTTP/1.1 503 N\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"]
    site.answers["/1"] = lambda exchange: exchange.end(said.pop() if said else answer(b"there"))

    async def main() -> Any:
        return [page async for page in pool.amap([site.url("/1"), site.url("/2")])]

    second, first = asyncio.run(main())
    assert (second.url, first.url) == (site.url("/2"), site.url("/1"))
    assert second.elapsed < 0.9
    assert first.elapsed < PATIENCE / 2


@pytest.mark.parametrize("delay", [0, 0.05])
@pytest.mark.parametrize("thread", [False, True])
def test_another_task_or_thread_adds(pool: Any, site: Site, delay: float, thread: bool) -> None:
    """While the one that iterates waits for a server that says nothing."""
    is_there = threading.Event()

    def slow(exchange: Exchange) -> None:
        is_there.wait(PATIENCE / 2)
        exchange.send(answer(b"slow"))

    site.answers["/slow"] = slow

    async def main() -> list[str]:
        run = pool.amap([site.url("/slow")])

        async def add() -> None:
            await asyncio.sleep(0.1)
            if thread:
                await asyncio.to_thread(run.add, site.url("/added"), delay=delay)
            else:
                run.add(site.url("/added"), delay=delay)

        adding = asyncio.ensure_future(add())
        urls = []
        async for page in run:
            urls.append(page.url)
            is_there.set()
        await adding
        return urls

    assert asyncio.run(main()) == [site.url("/added"), site.url("/slow")]


@pytest.mark.parametrize("thread", [False, True])
@pytest.mark.parametrize("what", ["run", "pool"])
def test_another_task_or_thread_closes(
    make_pool: Callable[..., Any], site: Site, what: str, thread: bool
) -> None:
    """That is noticed at once, although no server says anything and there is no time limit."""
    pool = make_pool(timeout=None, deadline=None)
    site.answers["/hang"] = hang

    async def main() -> list[Any]:
        run = pool.amap([site.url("/hang")])
        close = run.close if what == "run" else pool.close

        async def end() -> None:
            await asyncio.sleep(0.1)
            if thread:
                await asyncio.to_thread(close)
            else:
                close()

        ending = asyncio.ensure_future(end())
        try:
            return [page async for page in run]
        finally:
            await ending

    async def within() -> list[Any]:
        return await asyncio.wait_for(main(), PATIENCE)

    if what == "run":
        assert asyncio.run(within()) == []
    else:
        with pytest.raises(RuntimeError, match="the pool was closed before"):
            asyncio.run(within())
