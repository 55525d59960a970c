"""`Pool.request`: one exchange in any thread, beside a run or without one."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, chunked, closing, hang


def test_a_response_is_an_http_response(package: ModuleType, pool: Any, site: Site) -> None:
    with pool.request("GET", site.url("/a?b")) as response:
        assert isinstance(response, package.client.HTTPResponse)
        assert (response.status, response.reason) == (200, "OK")
        assert response.getheader("Content-Length") == "6"
        assert response.read() == b"0 /a?b"
    assert site.targets == ["/a?b"]


def test_method_body_and_headers_are_sent(pool: Any, site: Site) -> None:
    pool.request("PUT", site.url("/"), b"content", {"X-Own": "1"}).read()
    exchange = site.heard[0]
    assert (exchange.method, exchange.body, exchange.fields["x-own"]) == ("PUT", b"content", "1")


def test_the_connection_goes_back_when_the_response_is_read(pool: Any, site: Site) -> None:
    site.answers["/chunked"] = chunked(b"one", b"two")
    site.answers["/none"] = b"HTTP/1.1 204 No\r\n\r\n"
    for path in ("/a", "/chunked", "/none", "/b"):
        assert pool.request("GET", site.url(path)).read() in (b"0 /a", b"onetwo", b"", b"0 /b")
    site.answers["/head"] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    assert pool.request("HEAD", site.url("/head")).read() == b""
    response = pool.request("GET", site.url("/c"))
    assert response.read(1) + response.read() == b"0 /c"
    (page,) = pool.map([site.url("/d")])
    assert page.body == b"0 /d"
    assert pool.request("GET", site.url("/e")).read() == b"0 /e"
    assert site.opened == 1
    slots = pool._engine.slots
    assert slots.open == len(slots.all_idle()) == 1


def test_the_slots_are_shared_for_as_long_as_somebody_has_one(pool: Any, site: Site) -> None:
    """Then the run, which is alone with them, takes them in its own way."""
    slots = pool._engine.slots
    site.answers["/close"] = answer(b"body", b"Connection: close")
    site.answers["/bad"] = b"no HTTP\r\n"
    assert not slots.is_shared
    first = pool.request("GET", site.url("/a"))
    second = pool.request("GET", site.url("/b"))
    assert slots.is_shared
    first.read()
    assert slots.is_shared
    second.close()
    assert not slots.is_shared
    pool.request("GET", site.url("/close")).read()
    assert not slots.is_shared
    for url in (site.url("/bad"), "http://127.0.0.1:1/", "no URL"):
        with pytest.raises((OSError, HTTPException)):
            pool.request("GET", url)
        assert not slots.is_shared


@pytest.mark.parametrize("way", ["closed", "collected", "cut", "close", "unasked"])
def test_a_connection_that_is_not_at_its_end_does_not_go_back(
    package: ModuleType, pool: Any, site: Site, way: str
) -> None:
    site.answers["/x"] = {
        "cut": closing(answer(b"0123456789")[:-1]),
        "close": answer(b"body", b"Connection: close"),
        "unasked": answer(b"body") + b"x",
    }.get(way, answer(b"x" * 100))
    response = pool.request("GET", site.url("/x"))
    if way == "closed":
        response.read(1)
        response.close()
    elif way == "collected":
        response.read(1)
        del response
        gc.collect()
    elif way == "cut":
        with pytest.raises(package.client.IncompleteRead):
            response.read()
        response.close()
    else:
        assert response.read() == b"body"
    response = None
    gc.collect()
    slots = pool._engine.slots
    assert (slots.open, len(slots.all_idle())) == (0, 0)
    assert pool.request("GET", site.url("/next")).read() == b"1 /next"


def test_limits_hold_for_threads_and_a_run_together(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(total=6, per_host=3, resolver=site.resolve)
    most: dict[str, int] = {}
    now: dict[str, int] = {}
    lock = threading.Lock()

    def count(exchange: Exchange) -> None:
        with lock:
            now[exchange.host] = now.get(exchange.host, 0) + 1
            most[exchange.host] = max(most.get(exchange.host, 0), now[exchange.host])
        site.closing.wait(0.003)
        with lock:
            now[exchange.host] -= 1
        exchange.send(answer(exchange.target.encode()))

    site.default = count

    def ask(thread: int) -> list[bytes]:
        return [
            pool.request("GET", f"http://h{n % 4}.test/t{thread}-{n}").read() for n in range(25)
        ]

    with ThreadPoolExecutor(8) as executor:
        asked = [executor.submit(ask, thread) for thread in range(8)]
        pages = list(pool.map(f"http://h{n % 4}.test/{n}" for n in range(300)))
        for thread, done in enumerate(asked):
            assert done.result() == [f"/t{thread}-{n}".encode() for n in range(25)]
    assert [page.error for page in pages] == [None] * 300
    assert all(page.body.decode() == "/" + page.url.rpartition("/")[2] for page in pages)
    assert max(most.values()) <= 3
    assert site.most_open <= 9  # the server learns of the end of one a little later
    slots = pool._engine.slots
    assert slots.open == len(slots.all_idle()) <= 6


def test_a_run_goes_on_when_a_thread_gives_up_the_only_connection(
    make_pool: Callable[..., Any], site: Site
) -> None:
    """Nothing else could wake it."""
    pool = make_pool(total=1, deadline=None, timeout=None)
    for said, ends in ((answer(b"x", b"Connection: close"), "read"), (answer(b"xy"), "close")):
        site.answers["/held"] = said
        response = pool.request("GET", site.url("/held"))
        is_begun = threading.Event()

        def let_go(response: Any = response, ends: str = ends, begun: Any = is_begun) -> None:
            begun.wait(20)
            site.closing.wait(0.1)
            getattr(response, ends)()

        thread = threading.Thread(target=let_go)
        thread.start()

        def urls(begun: Any = is_begun) -> Iterator[str]:
            begun.set()
            yield site.url("/waits")

        (page,) = pool.map(urls())
        assert page.error is None
        thread.join()


def test_a_thread_waits_for_a_connection(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(per_host=1)
    held = pool.request("GET", site.url("/held"))
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(lambda: pool.request("GET", site.url("/next")).read())
        site.closing.wait(0.05)
        assert not waiting.done()
        assert held.read() == b"0 /held"
        assert waiting.result(20) == b"0 /next"


def test_threads_have_their_turn_beside_a_run(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(per_host=1)
    with pool.map(site.url(f"/{n}") for n in range(100_000)) as run, ThreadPoolExecutor(1) as pump:
        asked = pump.submit(lambda: pool.request("GET", site.url("/thread")).read())
        for page in run:
            assert page.error is None
            if asked.done():
                break
        assert asked.result(20) == b"0 /thread"
        assert run.progress.done < 20_000


def test_the_queue_has_a_limit_for_threads_too(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(per_host=1, queue_timeout=0.2)
    held = pool.request("GET", site.url("/held"))
    with pytest.raises(TimeoutError, match="queue"):
        pool.request("GET", site.url("/next"))
    held.read()
    assert pool.request("GET", site.url("/next")).read() == b"0 /next"


@pytest.mark.parametrize("said", [hang, lambda exchange: exchange.send_slowly(answer(b"x"), 0.05)])
def test_a_request_has_a_deadline(make_pool: Callable[..., Any], site: Site, said: Any) -> None:
    pool = make_pool(deadline=20)
    site.answers["/x"] = said
    with pytest.raises(TimeoutError):
        pool.request("GET", site.url("/x"), deadline=0.2).read()
    gc.collect()
    assert pool._engine.slots.open == 0
    with pytest.raises(ValueError, match="deadline"):
        pool.request("GET", site.url("/x"), deadline=0)


def test_https_goes_over_the_same_connections(
    make_pool: Callable[..., Any], context: Any, safe_site: Site
) -> None:
    pool = make_pool(context=context)
    url = safe_site.url("/x", "localhost")
    for _ in range(3):
        assert pool.request("GET", url).read() == b"0 /x"
        (page,) = pool.map([url])
        assert page.body == b"0 /x"
    assert safe_site.opened == 1


@pytest.mark.parametrize("settings", [{}, {"skip_bad_lines": False}])
def test_a_get_on_a_stale_connection_is_sent_again(
    make_pool: Callable[..., Any], site: Site, settings: dict[str, Any]
) -> None:
    pool = make_pool(**settings)
    site.answers["/second"] = lambda exchange: (
        exchange.end() if exchange.number == 0 else exchange.send(answer(b"again"))
    )
    assert pool.request("GET", site.url("/first")).read() == b"0 /first"
    assert pool.request("GET", site.url("/second")).read() == b"again"
    assert pool._engine.slots.open == 1


def test_a_post_on_a_stale_connection_is_an_error(pool: Any, site: Site) -> None:
    site.answers["/second"] = lambda exchange: exchange.end()
    assert pool.request("GET", site.url("/first")).read() == b"0 /first"
    with pytest.raises(ConnectionError):
        pool.request("POST", site.url("/second"), b"content")
    assert site.targets == ["/first", "/second"]
    assert pool._engine.slots.open == 0


def test_nothing_is_sent_again_where_retry_stale_is_off(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(retry_stale=False, skip_bad_lines=False)
    site.answers["/second"] = lambda exchange: exchange.end()
    assert pool.request("GET", site.url("/first")).read() == b"0 /first"
    with pytest.raises(ConnectionError):
        pool.request("GET", site.url("/second"))
    assert len(site.heard) == 2


def test_a_connection_that_was_closed_meanwhile_is_not_used(pool: Any, site: Site) -> None:
    for number in range(3):
        assert pool.request("POST", site.url("/x"), b"y").read() == b"%d /x" % number
        site.hang_up()


@pytest.mark.parametrize("url", [5, None, b"http://h.test/"])
def test_what_is_no_url_raises(pool: Any, url: Any) -> None:
    with pytest.raises(TypeError):
        pool.request("GET", url)


@pytest.mark.parametrize(
    "said", [closing(b""), closing(b"garbage\r\n"), closing(b"HTTP/1.1 200 OK\r\nA: ")]
)
def test_after_an_error_the_slot_comes_back(
    package: ModuleType, make_pool: Callable[..., Any], site: Site, said: Any
) -> None:
    pool = make_pool(per_host=2)
    site.answers["/x"] = said
    for _ in range(10):
        with pytest.raises((OSError, package.client.HTTPException)):
            pool.request("GET", site.url("/x")).read()
    gc.collect()
    assert pool._engine.slots.open == 0


def test_a_body_that_raises_gives_the_slot_back(pool: Any, site: Site) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"x"
        raise LookupError

    for _ in range(10):
        with pytest.raises(LookupError):
            pool.request("PUT", site.url("/x"), blocks())
    assert pool._engine.slots.open == 0


def test_closing_the_pool_wakes_those_that_wait(make_pool: Callable[..., Any], site: Site) -> None:
    pool = make_pool(per_host=1)
    held = pool.request("GET", site.url("/held"))
    with ThreadPoolExecutor(3) as executor:
        waiting = [executor.submit(pool.request, "GET", site.url("/x")) for _ in range(3)]
        site.closing.wait(0.05)
        pool.close()
        for each in waiting:
            with pytest.raises(ValueError, match="closed"):
                each.result(20)
    # What is under way is of its thread, and can be read.
    assert held.read() == b"0 /held"
    site.wait_until_open(0)


def test_interim_answers_are_told_of(make_pool: Callable[..., Any], site: Site) -> None:
    told: list[int] = []
    pool = make_pool(on_informational=lambda status, reason, headers: told.append(status))
    site.answers["/x"] = b"HTTP/1.1 103 Early\r\n\r\n" + answer(b"x")
    assert pool.request("GET", site.url("/x")).read() == b"x"
    assert told == [103]


def test_strict_and_skip_bad_lines_are_kept(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    site.answers["/x"] = answer(b"x", b"no colon", b"A: b")
    assert make_pool().request("GET", site.url("/x")).getheader("A") == "b"
    with pytest.raises(package.client.HTTPException):
        make_pool(strict=True).request("GET", site.url("/x"))
