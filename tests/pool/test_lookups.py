"""Names to addresses, and which of them is connected to."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .site import Exchange, Site, answer, silent


def _address(target: tuple[str, int]) -> Any:
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", target


@contextlib.contextmanager
def _refusing() -> Any:
    """An address at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()


def test_the_resolver_is_called_with_name_and_port_in_another_thread(
    make_pool: Callable[..., Any],
) -> None:
    asked: list[tuple[Any, ...]] = []
    here = threading.get_ident()

    def resolve(*given: Any) -> list[Any]:
        asked.append((*given, threading.get_ident() == here))
        raise OSError("no such name")

    pool = make_pool(resolver=resolve)
    urls = ["http://a.test/", "https://b.test/", "http://C.test:81/", "http://[::1]:82/"]
    assert all(page.phase == "lookup" for page in pool.map(urls))
    assert sorted(asked) == [
        ("::1", 82, False),
        ("a.test", 80, False),
        ("b.test", 443, False),
        ("c.test", 81, False),
    ]


def test_a_name_is_asked_for_once(make_pool: Callable[..., Any], site: Site) -> None:
    asked: list[str] = []
    all_wait = threading.Event()

    def resolve(host: str, port: int) -> list[Any]:
        asked.append(host)
        all_wait.wait(0.05)
        return site.resolve(host, port)

    pool = make_pool(resolver=resolve, per_host=20)
    pages = list(pool.map([f"http://one.test/{n}" for n in range(50)]))
    assert [page.error for page in pages] == [None] * 50
    assert pool.request("GET", "http://one.test/").read()
    assert asked == ["one.test"]


def test_a_failure_is_kept_for_a_short_time(
    package: ModuleType, make_pool: Callable[..., Any], site: Site
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[Any]:
        asked.append(host)
        if len(asked) == 1:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return site.resolve(host, port)

    pool = make_pool(resolver=resolve)
    for page in pool.map(["http://one.test/"] * 5):
        assert isinstance(page.error, socket.gaierror)
        assert page.phase == "lookup"
        notes = " ".join(getattr(page.error, "__notes__", ()))
        assert "one.test" in notes or not hasattr(page.error, "add_note")
    assert asked == ["one.test"]
    kept = pool._engine.lookups._kept
    ((key, (until, found, error)),) = kept.items()
    assert until - time.monotonic() < 5
    kept[key] = until - 5, found, error  # as if so many seconds had passed
    (page,) = pool.map(["http://one.test/"])
    assert page.error is None


@pytest.mark.parametrize(
    "failure", [OSError("no"), ValueError("no"), UnicodeError("no"), SystemExit(), KeyError(1)]
)
def test_what_a_resolver_raises_is_an_os_error(
    make_pool: Callable[..., Any], failure: BaseException
) -> None:
    def resolve(host: str, port: int) -> list[Any]:
        raise failure

    pool = make_pool(resolver=resolve)
    (page,) = pool.map(["http://one.test/"])
    assert isinstance(page.error, OSError)
    assert (page.phase, pool._engine.slots.open) == ("lookup", 0)
    with pytest.raises(OSError):
        pool.request("GET", "http://one.test/")
    assert pool._engine.slots.open == 0


@pytest.mark.parametrize(
    "found", [None, [], [5], [()], ["abc"], [(2, 1, 6, "", None)], [(2, 1, 6, "", ("x", "y"))]]
)
def test_what_is_no_address_is_an_error(make_pool: Callable[..., Any], found: Any) -> None:
    pool = make_pool(resolver=lambda host, port: found)
    (page,) = pool.map(["http://one.test/"])
    assert isinstance(page.error, OSError)
    assert pool._engine.slots.open == 0


def test_names_that_hang_do_not_hold_up_another(make_pool: Callable[..., Any], site: Site) -> None:
    is_over = threading.Event()

    def resolve(host: str, port: int) -> list[Any]:
        if host.startswith("hangs"):
            is_over.wait(20)
        return site.resolve(host, port)

    pool = make_pool(resolver=resolve, total=100)
    urls = [f"http://hangs{n}.test/" for n in range(20)] + ["http://quick.test/"]
    begun = time.monotonic()
    try:
        with pool.map(urls) as run:
            assert next(run).url == "http://quick.test/"
        assert time.monotonic() - begun < 3
        assert pool.request("GET", "http://another.test/").read()
    finally:
        is_over.set()


def test_an_address_in_numbers_needs_no_thread(
    package: ModuleType, pool: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: Any) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(package._pool.lookups.Lookups, "_start_threads", start)
    (page,) = pool.map([site.url("/")])
    assert page.error is None


def test_the_system_is_asked_where_no_resolver_is_given(pool: Any, site: Site) -> None:
    (page,) = pool.map([site.url("/", "localhost")])
    assert (page.error, page.body) == (None, b"0 /")


def test_a_name_that_does_not_exist_is_an_error(pool: Any) -> None:
    (page,) = pool.map(["http://no-such-name.invalid/"])
    assert isinstance(page.error, OSError)
    assert page.phase == "lookup"


@pytest.mark.parametrize("per_host", [1, 6])
@pytest.mark.parametrize("is_run", [True, False])
def test_an_address_that_says_nothing_is_not_waited_for(
    make_pool: Callable[..., Any], site: Site, per_host: int, is_run: bool
) -> None:
    with silent() as dead:
        pool = make_pool(
            per_host=per_host, resolver=lambda host, port: [_address(dead), _address(site.address)]
        )
        begun = time.monotonic()
        if is_run:
            (page,) = pool.map(["http://one.test/"])
            assert (page.error, page.body) == (None, b"0 /")
        else:
            assert pool.request("GET", "http://one.test/").read() == b"0 /"
        assert time.monotonic() - begun < 0.5
        assert pool._engine.slots.open == 1
        # The one that has answered is tried first from now on.
        site.hang_up()
        begun = time.monotonic()
        (page,) = pool.map(["http://one.test/"])
        assert (page.error, page.tries) == (None, 1)
        if is_run:
            assert time.monotonic() - begun < 0.2


def test_sockets_that_are_raced_count(make_pool: Callable[..., Any], site: Site) -> None:
    with silent() as dead:
        addresses = [_address(dead)] * 5
        pool = make_pool(per_host=3, deadline=0.7, resolver=lambda host, port: addresses)
        run = pool.map(["http://one.test/"] * 3)
        run.add("bad")
        assert next(run).url == "bad"
        most = 0
        for page in run:
            most = max(most, len(pool._engine.dials))
            assert isinstance(page.error, TimeoutError)
        slots = pool._engine.slots
        assert slots.open == 0


def test_an_address_that_refuses_is_passed_over(make_pool: Callable[..., Any], site: Site) -> None:
    with _refusing() as refused:
        found = [_address(refused), _address(refused), _address(site.address)]
        pool = make_pool(per_host=1, resolver=lambda host, port: found)
        (page,) = pool.map(["http://one.test/"])
        assert (page.error, page.body, page.tries) == (None, b"0 /", 1)
        assert page.elapsed < 0.25


@pytest.mark.parametrize("is_run", [True, False])
def test_where_all_refuse_that_is_the_error(make_pool: Callable[..., Any], is_run: bool) -> None:
    with _refusing() as refused:
        asked = [0]

        def resolve(host: str, port: int) -> list[Any]:
            asked[0] += 1
            return [_address(refused)] * 3

        pool = make_pool(resolver=resolve)
        for number in range(2):
            if is_run:
                (page,) = pool.map(["http://one.test/"])
                assert isinstance(page.error, ConnectionRefusedError)
                assert page.phase == "connect"
            else:
                with pytest.raises(ConnectionRefusedError):
                    pool.request("GET", "http://one.test/")
            assert asked[0] == number + 1  # the address may have changed
        assert pool._engine.slots.open == 0


def test_an_address_that_refuses_ends_the_wait_for_one_that_says_nothing(
    make_pool: Callable[..., Any], site: Site
) -> None:
    """It is tried next at once, not after the pause."""
    with silent() as dead, _refusing() as refused:
        found = [_address(refused), _address(dead), _address(site.address)]
        pool = make_pool(resolver=lambda host, port: found)
        (page,) = pool.map(["http://one.test/"])
        assert page.error is None
        assert page.elapsed < 0.5


def test_families_are_tried_in_turn(package: ModuleType) -> None:
    six, four = socket.AF_INET6, socket.AF_INET
    found = [(six, 1), (six, 2), (six, 3), (four, 4), (four, 5)]
    in_turn = package._pool.lookups.in_turn
    assert list(in_turn(found, None)) == [(six, 1), (four, 4), (six, 2), (four, 5), (six, 3)]
    assert next(iter(in_turn(found, (four, 5)))) == (four, 5)
    assert list(in_turn([], None)) == []


def test_source_address_is_connected_from(make_pool: Callable[..., Any], site: Site) -> None:
    peers: list[Any] = []

    def note(exchange: Exchange) -> None:
        peers.append(exchange.sock.getpeername())
        exchange.send(answer(b""))

    site.default = note
    pool = make_pool(source_address=("127.0.0.2", 0))
    (page,) = pool.map([site.url("/")])
    if page.error is not None:
        pytest.skip("there is no such address here")
    pool.request("GET", site.url("/")).read()
    assert {peer[0] for peer in peers} == {"127.0.0.2"}


def test_a_source_address_that_is_none_is_an_error(
    make_pool: Callable[..., Any], site: Site
) -> None:
    pool = make_pool(source_address=("203.0.113.1", 0))
    (page,) = pool.map([site.url("/")])
    assert isinstance(page.error, OSError)
    assert (page.phase, pool._engine.slots.open) == ("connect", 0)


def test_without_a_thread_to_be_had_a_name_is_an_error_and_no_end_of_the_run(
    make_pool: Callable[..., Any], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    pool = make_pool(resolver=site.resolve)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        pages = list(pool.map([f"http://h{number}.test/" for number in range(3)]))
    assert [str(page.error) for page in pages] == [
        "no thread to look names up: can't start new thread"
    ] * 3
    assert {page.phase for page in pages} == {"lookup"}
    (page,) = pool.map(["http://h1.test/"])
    assert page.error is None
