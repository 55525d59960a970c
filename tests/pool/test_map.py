"""A run: requests go in, pages come out."""

from __future__ import annotations

import itertools
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, chunked, hang


def test_every_request_has_its_own_page(pool: Any, site: Site) -> None:
    urls = site.urls(300)
    pages = list(pool.map(urls))
    assert sorted(page.url for page in pages) == sorted(urls)
    for page in pages:
        assert (page.status, page.error) == (200, None)
        assert page.body.decode().split(" ")[1] == page.url.removeprefix(site.url(""))


def test_nothing_to_ask_for_gives_no_page(pool: Any) -> None:
    assert list(pool.map([])) == []


def test_pages_come_as_they_complete(pool: Any, site: Site) -> None:
    may_answer = threading.Event()

    def wait(exchange: Exchange) -> None:
        may_answer.wait(20)
        exchange.send(answer(b"slow"))

    site.answers["/slow"] = wait
    with pool.map([site.url("/slow"), site.url("/1"), site.url("/2")]) as run:
        quick = {next(run).url, next(run).url}
        may_answer.set()
        assert quick == {site.url("/1"), site.url("/2")}
        assert next(run).body == b"slow"


def test_ordered_keeps_the_order(pool: Any, site: Site) -> None:
    may_answer = threading.Event()

    def wait(exchange: Exchange) -> None:
        may_answer.wait(20)
        exchange.send(answer(b"slow"))

    def last(exchange: Exchange) -> None:
        exchange.send(answer(b"last"))
        may_answer.set()

    site.answers.update({"/slow": wait, "/last": last})
    urls = [site.url("/slow"), "bad", *site.urls(20), site.url("/last")]
    assert [page.url for page in pool.map(urls, ordered=True)] == urls


def test_pages_of_a_pool_that_is_given_a_request_have_that_request(
    package: ModuleType, pool: Any, site: Site
) -> None:
    request = package.Request(site.url("/x"), tag={"any": "thing"})
    (page,) = pool.map([request])
    assert page.request is request
    (page,) = pool.map([site.url("/x")])
    assert (page.request.url, page.request.method) == (site.url("/x"), "GET")


def test_a_request_is_made_as_often_as_it_is_given(
    package: ModuleType, pool: Any, site: Site
) -> None:
    request = package.Request(site.url("/twice"), method="PUT", body=b"content")
    pages = list(pool.map([request, request]))
    assert [page.request for page in pages] == [request, request]
    assert [exchange.body for exchange in site.heard] == [b"content", b"content"]


def test_a_url_may_be_of_a_subclass_of_str(pool: Any, site: Site) -> None:
    """As lxml's xpath gives them."""

    class Text(str):
        """A str with something more."""

    (page,) = pool.map([Text(site.url("/x"))])
    assert (page.body, page.url, page.request.method) == (b"0 /x", site.url("/x"), "GET")


@pytest.mark.parametrize("given", [5, None, b"http://example.org/", ["http://example.org/"]])
def test_what_is_no_request_raises_out_of_the_run(pool: Any, site: Site, given: Any) -> None:
    with pytest.raises(TypeError, match="a URL or a Request"):
        list(pool.map([given]))
    with pool.map([site.url("/")]) as run:
        with pytest.raises(TypeError, match="a URL or a Request"):
            run.add(given)
        assert next(run).status == 200


def test_what_is_not_iterable_raises_at_once(pool: Any, site: Site) -> None:
    with pytest.raises(TypeError):
        pool.map(5)
    assert next(pool.map([site.url("/")])).status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": 5},
        {"url": None},
        {"url": b"http://example.org/"},
        {"method": "GE\nT"},
        {"headers": 5},
        {"headers": {"a:b": "c"}},
        {"headers": {"a": "b\r\nc: d"}},
        {"headers": {"a": None}},
        {"body": "\u20ac"},
        {"deadline": "soon"},
        {"deadline": 0},
        {"deadline": -1},
        {"max_body": "much"},
        {"max_body": -1},
        {"max_body": 1.5},
        {"sink": 5},
        {"sink": "name"},
    ],
    ids=str,
)
def test_what_is_wrong_with_a_request_is_its_error(
    package: ModuleType, pool: Any, site: Site, wrong: dict[str, Any]
) -> None:
    given = package.Request(**{"url": site.url("/wrong"), **wrong})
    pages = {
        page.request.tag: page for page in pool.map([given, package.Request(site.url("/"), tag=1)])
    }
    assert pages[1].error is None
    assert isinstance(pages[None].error, (ValueError, TypeError, package.client.HTTPException))
    assert pages[None].phase == "request"
    assert site.targets == ["/"]
    assert pool._engine.slots.open == 1


def _counting(urls: Iterator[str], pulled: list[int]) -> Iterator[str]:
    for url in urls:
        pulled[0] += 1
        yield url


@pytest.mark.full(any=("known",))
@pytest.mark.parametrize("known", [20, 50])
@pytest.mark.parametrize("ordered", [False, True])
def test_an_endless_iterable_is_pulled_to_a_bound_and_no_further(
    make_pool: Callable[..., Any], site: Site, ordered: bool, known: int
) -> None:
    """With more hosts than room, and where a host has nothing waiting, more are looked at: so that
    no connection is closed that is needed again at once.
    """
    pool = make_pool(total=20, per_host=20, resolver=site.resolve)
    pulled = [0]
    hosts = (f"http://h{number % known}.test/{number}" for number in itertools.count())
    with pool.map(_counting(hosts, pulled), ordered=ordered) as run:
        for yielded, page in enumerate(run, 1):
            assert page.error is None
            assert pulled[0] - yielded <= (300 if ordered else 10_100)
            if yielded == 5000:
                break
    assert ordered or site.opened <= 1000


def test_one_host_is_pulled_ahead_of_to_a_bound_and_no_further(
    make_pool: Callable[..., Any], site: Site
) -> None:
    """Others behind it might be started: so more are looked at, but not all."""
    pool = make_pool(total=100, per_host=2)
    pulled = [0]
    urls = (site.url(f"/{number}") for number in itertools.count())
    with pool.map(_counting(urls, pulled)) as run:
        for yielded, _ in enumerate(run, 1):
            assert pulled[0] - yielded <= 10_100
            if yielded == 50:
                break


def test_what_a_slow_iterable_has_given_is_under_way_meanwhile(pool: Any, site: Site) -> None:
    """As one that reads from a queue: no look-ahead is waited for."""
    pulled = [0]

    def urls() -> Iterator[str]:
        for url in site.urls(25):
            time.sleep(0.02)
            yield url

    with pool.map(_counting(urls(), pulled)) as run:
        for yielded, _ in enumerate(run, 1):
            assert pulled[0] - yielded <= 15
        assert yielded == 25


def test_what_the_iterable_raises_comes_out_and_ends_the_run(pool: Any, site: Site) -> None:
    site.answers["/hang"] = hang

    def urls() -> Iterator[str]:
        yield site.url("/hang")
        time.sleep(0.02)
        yield site.url("/hang")
        site.wait_for(lambda: site.opened == 2)
        raise LookupError("no more")

    run = pool.map(urls())
    with pytest.raises(LookupError, match="no more"):
        next(run)
    site.wait_until_open(0)
    assert list(run) == []
    assert [page.body for page in pool.map([site.url("/a")])] == [b"%d /a" % (site.opened - 1)]


def test_a_crawler_adds_what_it_finds(pool: Any, site: Site) -> None:
    run = pool.map([site.url("/1")])
    seen = []
    for page in run:
        number = int(page.url.rpartition("/")[2])
        seen.append(number)
        for more in (2 * number, 2 * number + 1):
            if more < 200:
                run.add(site.url(f"/{more}"))
    assert sorted(seen) == list(range(1, 200))


@pytest.mark.parametrize("ordered", [False, True])
def test_what_is_added_before_the_first_page_is_asked_for_counts(
    pool: Any, site: Site, ordered: bool
) -> None:
    run = pool.map([site.url("/last")], ordered=ordered)
    run.add("no url")
    run.add(site.url("/first"))
    pages = list(run)
    assert len(pages) == 3
    assert [page.url for page in pages if page.error] == ["no url"]


def test_nothing_can_be_added_to_a_run_that_has_ended(pool: Any, site: Site) -> None:
    run = pool.map([site.url("/")])
    assert len(list(run)) == 1
    with pytest.raises(ValueError, match="ended"):
        run.add(site.url("/"))


def test_a_second_run_raises_while_the_first_goes_on(pool: Any, site: Site) -> None:
    run = pool.map(site.urls(2))
    next(run)
    with pytest.raises(RuntimeError, match="one run at a time"):
        pool.map([])
    with pytest.raises(RuntimeError, match="one run at a time"):
        pool.amap([])
    assert len(list(run)) == 1
    assert len(list(pool.map(site.urls(2)))) == 2


def test_progress_counts(package: ModuleType, make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(per_host=1)
    site.answers["/hang"] = hang
    taken = bytearray()
    sunk = package.Request(site.url("/sunk"), sink=taken.extend)
    run = pool.map([site.url("/1"), "bad", sunk, site.url("/hang"), site.url("/w"), site.url("/w")])
    assert run.progress[:5] == (0, 0, 0, 0, 0)
    pages = [next(run) for _ in range(3)]
    site.wait_for(lambda: len(site.heard) == 3)
    length = sum(len(page.body) for page in pages) + len(taken)
    progress = run.progress
    assert progress[:5] == (3, 1, 1, 2, length)
    assert progress.bytes == length > 0
    assert progress.per_second > 0
    run.close()
    assert run.progress[:5] == (3, 1, 0, 0, length)


def test_a_page_that_was_given_out_is_held_by_nobody(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    """Or bodies would be kept for as long as the timers that were set for them."""
    import gc
    import weakref

    class Tag:
        """What can be referred to weakly."""

    pool = make_pool(queue_timeout=20)
    tag = Tag()
    gone = weakref.ref(tag)
    site.answers["/hang"] = hang
    run = pool.map([package.Request(site.url("/x"), tag=tag), site.url("/hang")])
    del tag
    page = next(run)
    assert page.request.tag is gone()
    del page
    gc.collect()
    assert gone() is None


def test_a_request_may_be_added_from_any_thread(pool: Any, site: Site) -> None:
    """Also while the loop waits for something else."""
    may_answer = threading.Event()

    def wait(exchange: Exchange) -> None:
        may_answer.wait(20)
        exchange.send(answer(b"slow"))

    def added(exchange: Exchange) -> None:
        exchange.send(answer(b"added"))
        may_answer.set()

    site.answers.update({"/slow": wait, "/added": added})
    run = pool.map([site.url("/slow")])

    def add() -> None:
        site.wait_for(lambda: site.heard)
        run.add(site.url("/added"))

    thread = threading.Thread(target=add)
    thread.start()
    assert sorted(page.body for page in run) == [b"added", b"slow"]
    thread.join()


def test_a_request_may_be_added_while_another_thread_begins(
    pool: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes requests while one is being added."""
    engine = pool._engine
    add, is_adding, may_add = engine.add, threading.Event(), threading.Event()

    def slowly(*arguments: Any) -> None:
        is_adding.set()
        assert may_add.wait(20)
        add(*arguments)

    run = pool.map([])
    monkeypatch.setattr(engine, "add", slowly)
    adder = threading.Thread(target=run.add, args=(site.url("/added"),))
    adder.start()
    assert is_adding.wait(20)
    driver = threading.Thread(target=engine.step, args=(run._work, 0.0))
    driver.start()
    driver.join(0.2)
    assert driver.is_alive()
    may_add.set()
    adder.join()
    driver.join()
    assert run.progress.waiting + run.progress.under_way + run.progress.done == 1


def test_a_request_that_is_added_with_a_delay_is_not_made_before(pool: Any, site: Site) -> None:
    run = pool.map([])
    run.add(site.url("/late"), delay=0.2)
    run.add(site.url("/now"))
    begun = time.monotonic()
    assert [page.url for page in run] == [site.url("/now"), site.url("/late")]
    assert site.heard[1].at - begun > 0.15
    with pool.map([]) as run:
        run.add(site.url("/never"), delay=30)
        assert run.progress[:4] == (0, 0, 0, 1)
    assert next(pool.map([site.url("/next")])).error is None
    assert len(site.heard) == 3


@pytest.mark.parametrize("ordered", [False, True])
def test_what_is_dropped_is_not_made(
    make_pool: Callable[..., Any], site: Site, ordered: bool
) -> None:
    pool = make_pool(per_host=1)
    run = pool.map([], ordered=ordered)
    for url in site.urls(30):
        run.add(url)
    first = next(run)
    dropped = run.drop(lambda request: request.url.endswith("5"))
    assert [request.url for request in dropped] == [site.url(f"/{n}") for n in (5, 15, 25)]
    left = [page.url for page in run]
    assert len(left) == 26
    assert not any(url.endswith("5") for url in [first.url, *left])
    assert run.progress[:4] == (27, 0, 0, 0)


def test_a_page_can_be_pickled(package: ModuleType, pool: Any, site: Site) -> None:
    if package is not sys.modules["fasthttp"]:
        pytest.skip("a second copy of the package cannot be found by name")
    site.answers["/x"] = answer(b"body", b"A: b", b"no colon")
    site.answers["/t"] = chunked(b"body", trailers=b"T: u\r\n")
    for page in pool.map([site.url("/x"), site.url("/t"), "bad"]):
        again = pickle.loads(pickle.dumps(page))
        assert (again.url, again.status, again.body) == (page.url, page.status, page.body)
        assert type(again.error) is type(page.error)
        assert again.headers.items() == page.headers.items()
        assert again.trailers.items() == page.trailers.items()
        assert list(again.skipped_lines) == list(page.skipped_lines)
        assert again.request.url == page.url


@pytest.mark.parametrize("how", ["map", "amap"])
def test_one_url_is_no_iterable_of_them(package: ModuleType, pool: Any, how: str) -> None:
    """Its characters would be one."""
    for one in ("http://example.org/", b"http://example.org/", package.Request("http://h/")):
        with pytest.raises(TypeError, match=r"must be an iterable of URLs .*, not one alone"):
            getattr(pool, how)(one)
    assert list(pool.map([])) == []
