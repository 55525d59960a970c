"""Faults that a review has found in pools, each as the program that showed it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from fasthttp._pool.timers import Timers

from ..client.response_delivery import PATIENCE
from .site import Exchange, Site, answer, serving


def to(target: str, body: bytes = b"moved") -> bytes:
    return answer(body, b"Location: " + target.encode(), status=b"302 Found")


def test_a_test_that_raises_drops_nothing(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(per_host=1, resolver=site.resolve)
    urls = [f"http://h{n % 2}.test/{n}" for n in range(10)]

    def test(request: Any) -> bool:
        if "h1" in request.url:
            raise ZeroDivisionError
        return True

    with pool.map([]) as run:
        for url in urls:
            run.add(url)
        first = next(run)
        with pytest.raises(ZeroDivisionError):
            run.drop(test)
        assert {first.url, *(page.url for page in run)} == set(urls)


def test_a_sink_that_raises_at_an_answer_that_is_given_leaks_no_connection(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(total=1, redirects=3, delay=5, deadline=2)
    site.answers["/"] = to("/b")

    def sink(piece: bytes) -> None:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        list(pool.map([package.Request(site.url("/"), sink=sink)]))
    slots = pool._engine.slots
    assert slots.open == len(slots.all_idle())
    with serving() as other:
        assert [page.status for page in pool.map([other.url("/")])] == [200]


@pytest.mark.parametrize("threads", [1, 9])
def test_threads_that_wait_for_a_full_host_leave_others_their_room(
    make_pool: Callable[..., Any], site: Site, threads: int
) -> None:
    held = threading.Event()

    def hold(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        held.wait(PATIENCE)
        exchange.send(b"later")

    site.answers["/held"] = hold
    pool = make_pool(total=threads + 1, per_host=1, resolver=site.resolve)
    response = pool.request("GET", "http://full.test/held")
    waiting = [
        threading.Thread(target=lambda: pool.request("GET", "http://full.test/").read())
        for _ in range(threads)
    ]
    try:
        for thread in waiting:
            thread.start()
        while sum(host.wanted for host in pool._engine.directory.hosts()) < threads:
            time.sleep(0.001)
        assert [page.error for page in pool.map(["http://other.test/"])] == [None]
        assert not held.is_set()
    finally:
        held.set()
        response.close()
        for thread in waiting:
            thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in waiting)


def test_no_timer_is_lost_that_another_thread_cancels_beside() -> None:
    timers = Timers()
    called = [0]
    is_over = threading.Event()

    def call(now: float) -> None:
        called[0] += 1

    def cancel() -> None:
        while not is_over.is_set():
            for timer in [timers.add(1.0, call) for _ in range(300)]:
                timers.cancel(timer)

    others = [threading.Thread(target=cancel) for _ in range(2)]
    for thread in others:
        thread.start()
    for _ in range(20_000):
        timers.add(0.0, call)
        timers.run(0.5)
    is_over.set()
    for thread in others:
        thread.join()
    timers.run(0.5)
    assert called == [20_000]


@pytest.mark.parametrize("given", ["HEAD", "POST", "sink"])
def test_what_was_no_get_with_its_body_is_not_known(
    package: ModuleType, pool: Any, site: Site, given: str
) -> None:
    tags = []

    def tagged(exchange: Exchange) -> None:
        tags.append(exchange.fields.get("if-none-match"))
        exchange.send(answer(b"body", b'ETag: "1"'))

    site.answers["/"] = tagged
    more = {"sink": [].append} if given == "sink" else {"method": given}
    (page,) = pool.map([package.Request(site.url("/"), **more)])
    (again,) = pool.map([package.Request(site.url("/"), known=page)])
    assert (again.status, again.body, tags[-1]) == (200, b"body", None)


@pytest.mark.parametrize("target", ["/a b", "/\xe9", "/a b#\xe9"])
def test_what_is_pasted_works_for_a_host_that_is_known(
    make_pool: Callable[..., Any], site: Site, target: str
) -> None:
    pool = make_pool(cookies=True)
    for _ in range(3):
        assert pool.request("GET", site.url(target)).read()
        assert next(pool.map([site.url(target)])).status == 200
    assert len(set(site.targets)) == 1


def test_cookies_have_the_path_that_is_sent(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(cookies=True)
    site.answers["/%C3%A9/set"] = answer(b"", b"Set-Cookie: a=b")
    for _ in range(2):
        list(pool.map([site.url("/\xe9/set")]))
    assert [cookie.path for cookie in pool.cookies] == ["/%C3%A9"]


_WITH_SLASH = "http://user:SEC/RET@h.test/"


def test_no_text_has_a_password(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(redirects=2, queue_timeout=0.05, per_host=1, resolver=site.resolve)
    site.answers["/loop"] = to("http://user:SECRET@h.test/loop")
    texts = []
    for url in ("http://user:SECRET@h.test/loop", _WITH_SLASH, "http://user:SECRET@h.test/"):
        (page,) = pool.map([url])
        chain = getattr(page.error, "chain", ())
        texts += [repr(page), repr(page.error), *getattr(page.error, "__notes__", ()), *chain]
    held = pool.request("GET", "http://h.test/")
    with pytest.raises(TimeoutError) as caught:
        pool.request("GET", "http://user:SECRET@h.test/")
    held.close()
    texts += [str(caught.value), repr(package.Request("http://user:SECRET@h.test/"))]
    assert not [text for text in texts if "SEC" in text]


def test_hosts_with_names_in_their_urls_are_forgotten_too(
    package: ModuleType, make_pool: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package._pool.directory, "_MOST_HOSTS", 20)
    directory = make_pool()._engine.directory
    directory._most = 20
    for number in range(600):
        directory.place_of(f"http://u@h{number}.test/")
    assert len(directory._hosts) <= 40


def test_an_iterable_that_closes_its_run_asks_for_nothing_more(
    make_pool: Callable[..., Any], site: Site
) -> None:
    runs: list[Any] = []

    def urls() -> Any:
        yield site.url("/1")
        runs[0].close()
        yield site.url("/2")

    pool = make_pool()
    runs.append(pool.map(urls()))
    assert list(runs[0]) == []
    assert "/2" not in site.targets
