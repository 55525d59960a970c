"""Counting goes on and off, leaves nothing behind, and tells what it found.

For fasthttp's own classes and for `http.client` with install(), in both implementations.
"""

from __future__ import annotations

import dataclasses
import http.client
import multiprocessing
import re
import subprocess
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

import pytest

from ...client.scripted_server import Script
from ..surface import surface
from .exchanges import CHUNKED, SIZED, exchange, said_by


def _everything(fasthttp: Any) -> list[Any]:
    """What stands in the places that counting takes, and what guards say of them."""
    with fasthttp.counting():  # loads it
        where = fasthttp.statistics.where
    standing = [vars(owner)[name] for owner, name, _ in where._OWN + where._LENT]
    return [*standing, *where.places.behind.values(), where.places.counted, *surface().items()]


def test_off_leaves_the_very_objects(fasthttp: Any, client: Any, script: Script) -> None:
    before = _everything(fasthttp)
    with pytest.raises(ZeroDivisionError), fasthttp.counting():
        assert _everything(fasthttp) != before
        raise ZeroDivisionError
    assert _everything(fasthttp) == before
    script.answers(SIZED)
    connection = script.connection(client)
    told = fasthttp.stats()
    assert exchange(connection) == b"hello"
    assert fasthttp.stats() == told
    guard = fasthttp.statistics.where.sending.request_methods_unchanged
    assert guard(fasthttp.HTTPConnection("h"))
    assert fasthttp.statistics.where.guards.sends_whole(http.client.HTTPConnection("h"))


def test_what_is_open_is_counted(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    exchange(connection)
    with fasthttp.counting():
        connection.request("GET", "/")
        script.says(CHUNKED)
        response = connection.getresponse()
    assert response.read() == b"hellothere"
    told = fasthttp.stats()
    assert (told.requests, told.connections, told.fallbacks) == (1, 1, ())


def test_from_zero_each_time_but_not_within(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(SIZED)
    connection = script.connection(client)
    with fasthttp.counting():
        exchange(connection)
        with fasthttp.counting():
            exchange(connection, script)
        fasthttp.start_counting()
        assert fasthttp.stats().counting
        assert fasthttp.stats().requests == 2
    assert not fasthttp.stats().counting
    assert fasthttp.stats().requests == 2
    fasthttp.start_counting()
    assert fasthttp.stats().requests == 0
    assert fasthttp.stats().received == 0


@pytest.mark.parametrize("newest", [False, True])
def test_install_and_uninstall_meanwhile(fasthttp: Any, script: Script, newest: bool) -> None:
    fasthttp.uninstall()
    before = surface()
    with fasthttp.counting():
        assert surface() == before
        script.answers(SIZED)
        connection = script.connection(http.client)
        exchange(connection)
        assert fasthttp.stats().requests == 0
        for _ in range(2):  # again is no more
            assert fasthttp.install(newest) == {}
            exchange(connection, script)
        told = fasthttp.stats()
        assert (told.requests, told.received, told.fallbacks) == (2, 2 * len(SIZED), ())
        assert told.installed
        fasthttp.uninstall()
        assert surface() == before
        assert not fasthttp.stats().installed


def test_a_tool_that_comes_meanwhile_and_stays(
    fasthttp: Any, client: Any, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps our function, which passes everything on and counts nothing twice."""
    seen = []
    fasthttp.start_counting()
    ours = client.HTTPConnection.getresponse

    def theirs(self: Any) -> Any:
        seen.append(self)
        return ours(self)

    with monkeypatch.context() as patched:
        patched.setattr(client.HTTPConnection, "getresponse", theirs)
        script.answers(SIZED)
        connection = script.connection(client)
        exchange(connection)
        assert fasthttp.stats().requests == 1
        fasthttp.stop_counting()
        exchange(connection, script)
        assert fasthttp.stats().requests == 1
        fasthttp.start_counting()
        exchange(connection, script)
        assert fasthttp.stats().requests == 1
        assert len(seen) == 3
    # What came back with the tool is not taken for somebody else's.
    fasthttp.stop_counting()
    assert fasthttp.install() == {}
    assert client.HTTPConnection.getresponse is not ours


def test_what_was_left_alone_from_the_start() -> None:
    program = (
        "import http.client\n"
        "putheader = http.client.HTTPConnection.putheader\n"
        "http.client.HTTPConnection.putheader = lambda self, *given: putheader(self, *given)\n"
        "import fasthttp\n"
        "fasthttp.start_counting()\n"
        "fasthttp.install()\n"
        "fasthttp.uninstall()\n"
        "fasthttp.install()\n"
        "connection = http.client.HTTPConnection('127.0.0.1', 1)\n"
        "connection.putrequest('GET', '/')\n"
        "connection.putheader('A', 'b')\n"
        "print(fasthttp.stats().left_alone)\n"
    )
    assert said_by(program) == "(('HTTPConnection.putheader', \"is not http.client's own\"),)\n"


# ---------------------------------------------------------------------- the object


def test_children_are_counted_while_counting_is_on(fasthttp: Any) -> None:
    """Whatever starts them, and as long: an audit hook cannot be taken away."""
    context = multiprocessing.get_context("spawn")
    subprocess.run([sys.executable, "-c", ""])
    with fasthttp.counting():
        assert fasthttp.stats().children == 0
        subprocess.run([sys.executable, "-c", ""])
        context.Process()  # which only has to be made
    subprocess.run([sys.executable, "-c", ""])
    context.Process()
    assert fasthttp.stats().children == 2
    with fasthttp.counting():
        assert fasthttp.stats().children == 0


def test_cpu_is_that_of_all_threads_while_counting_is_on(fasthttp: Any) -> None:
    def work() -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    with fasthttp.counting():
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    told = fasthttp.stats().process_cpu_seconds
    assert told >= 0.1
    work()
    assert fasthttp.stats().process_cpu_seconds == told


class _Looks:
    """A clock of CPU, of which only looking at it takes any: a second a look."""

    def __init__(self) -> None:
        self.now = 0.0

    def look(self) -> float:
        self.now += 1
        return self.now


def test_what_counting_takes_is_not_the_programs(
    fasthttp: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fasthttp.counting():  # loads it
        wrappers, looks = fasthttp.statistics.wrappers, _Looks()
    monkeypatch.setattr(wrappers, "thread_time", looks.look)
    clocks = types.SimpleNamespace(perf_counter=time.perf_counter, process_time=lambda: looks.now)
    monkeypatch.setitem(type(wrappers.totals).end.__globals__, "time", clocks)
    connection = client.HTTPConnection("h")
    wrappers.overhead.cache_clear()
    try:
        wrappers.overhead()  # is looked for once, by many looks
        with fasthttp.counting():
            connection.putrequest("GET", "/")
            for _ in range(5000):
                connection.putheader("A", "b")
        told = fasthttp.stats()
    finally:
        wrappers.overhead.cache_clear()  # of this clock
    connection.close()
    assert told.cpu_seconds == 5001  # of two looks for each call, one is within it
    assert told.process_cpu_seconds == pytest.approx(5001, rel=0.001)


def test_it_is_a_value(fasthttp: Any) -> None:
    told = fasthttp.stats()
    assert type(told).__name__ == "Statistics"
    with pytest.raises(dataclasses.FrozenInstanceError):
        told.requests = 1
    assert hash(told) == hash(dataclasses.replace(told))


def test_it_reads_well(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(SIZED)
    with fasthttp.counting():
        exchange(script.connection(client))
    told = dataclasses.replace(fasthttp.stats(), pool=False)  # of which other tests have made some
    lines = str(told).splitlines()
    assert lines[0].startswith("fasthttp: 1 request on 1 connection in ")
    assert lines[1].startswith("  bytes: ") and lines[1].endswith(f"{len(SIZED)} received")
    assert lines[2].startswith("  time inside: ")
    assert lines[3].startswith("  CPU of the whole process: ")
    assert lines[3].endswith(" of it in these calls:")
    assert lines[4].startswith("    the other ")
    assert lines[4].endswith("% is spent elsewhere, and no faster http.client can save it")
    assert lines[5:] == [
        "  all of these calls were accelerated, none was left to http.client's code"
    ]


def test_the_text_of_everything(fasthttp: Any) -> None:
    told = fasthttp.Statistics(
        counting=False, installed=False, requests=2000, connections=1, sent=1234, received=5678,
        seconds=1.5, cpu_seconds=0.1, elapsed=10.0,
        fallbacks=(
            fasthttp.Fallback("HTTPResponse.begin", "debuglevel is set", 3),
            fasthttp.Fallback("HTTPResponse.begin", "a response head with a fault", 2, "b'A'"),
        ),
        left_alone=(("parse_headers", "is not http.client's own"),), elsewhere=("httpx",),
        process_cpu_seconds=0.5, children=1,
    )  # fmt: skip
    assert str(told) == (
        "fasthttp: 2,000 requests on 1 connection in 10.00 s\n"
        "  bytes: 1,234 sent, 5,678 received\n"
        "  time inside: 1.500 s in http.client's calls, 0.100 s of it CPU (50 us a request)\n"
        "  CPU of the whole process: 0.500 s, 0.100 s (about 20%) of it in these calls:\n"
        "    the other 80% is spent elsewhere, and no faster http.client can save it\n"
        "  not accelerated, but done step by step as http.client does it, because of:\n"
        "    3 x HTTPResponse.begin: debuglevel is set\n"
        "    2 x HTTPResponse.begin: a response head with a fault, such as b'A'\n"
        "  left alone by install():\n"
        "    parse_headers: is not http.client's own\n"
        "  install() is not in force: only fasthttp.client's classes are counted\n"
        "  1 child process was started: what such a process asks is not counted here\n"
        "  not on http.client, so not reached: httpx"
    )


def test_without_the_newer_values_it_says_nothing_of_them(fasthttp: Any) -> None:
    """Who makes one by hand, as before there were any."""
    told = fasthttp.Statistics(
        counting=False, installed=True, requests=1, connections=1, sent=1, received=1, seconds=1.0,
        cpu_seconds=0.1, elapsed=1.0, fallbacks=(), left_alone=(), elsewhere=(),
    )  # fmt: skip
    assert "whole process" not in str(told) and "child" not in str(told)


@pytest.mark.parametrize(
    ("inside", "whole", "said"),
    [
        (0.02, 1.0, "the other 98% is spent elsewhere"),
        (1.0, 1.0, "none is spent elsewhere"),
        (3.0, 1.0, "none is spent elsewhere"),
        (0.0, 1.0, "the other 100% is spent elsewhere"),
        (0.1, 0.0, ""),
        (None, 1.0, ""),
    ],
)
def test_the_share_that_can_be_gained(fasthttp: Any, inside: Any, whole: float, said: str) -> None:
    told = dataclasses.replace(
        fasthttp.stats(), requests=1, elapsed=1.0, cpu_seconds=inside, process_cpu_seconds=whole
    )
    assert ("of the whole process" in str(told)) == bool(said)
    assert said in str(told)


@pytest.mark.parametrize(
    ("children", "elsewhere", "said"),
    [
        (0, (), ["no child processes were started", "none that is known"]),
        (1, (), ["1 child process was started", "none that is known"]),
        (3, ("aiohttp", "httpx"), ["3 child processes were started", "imported aiohttp, httpx"]),
    ],
)
def test_nothing_is_counted_and_why_that_may_be(
    fasthttp: Any, children: int, elsewhere: tuple[str, ...], said: list[str]
) -> None:
    told = dataclasses.replace(
        fasthttp.stats(), requests=0, elapsed=1.0, children=children, elsewhere=elsewhere
    )
    text = str(told)
    assert "no request went through http.client in this process" in text
    assert all(each in text for each in said)
    assert "no request" not in str(dataclasses.replace(told, requests=1))


@pytest.mark.parametrize("requests", [0, 1])
def test_pages_are_told(fasthttp: Any, requests: int) -> None:
    told = dataclasses.replace(fasthttp.stats(), requests=requests, elapsed=1.0)
    for pool in (True, False):
        assert ("Pool" in str(dataclasses.replace(told, pool=pool))) == pool


def _words(fasthttp: Any) -> Any:
    return fasthttp.statistics.wrappers.reasons


def test_no_word_of_the_house_is_in_the_report(fasthttp: Any) -> None:
    """What a reader of docs/architecture.md knows, and nobody else."""
    everything = "\n".join(
        Path(module.__file__).read_text("utf-8")
        for module in (
            *(fasthttp.statistics, _words(fasthttp), _words(fasthttp).faults),
            *(_words(fasthttp).reasons, _words(fasthttp).refusals),
        )
    )
    for private in ("plain way", "plain form", "fast way"):
        assert not re.search(rf'"[^"\n]*{private}', everything.replace('"""', ""))


def test_who_does_not_count_imports_nothing_of_it() -> None:
    program = (
        "import fasthttp, sys; fasthttp.install()\n"
        "print([m for m in sys.modules if m in ('fasthttp.statistics', 'fasthttp._counting',"
        " 'dataclasses', 'typing')])\n"
        "print(fasthttp.stats())"
    )
    assert said_by(program).splitlines() == [
        "[]",
        "fasthttp: 0 requests on 0 connections in 0.00 s",
        "  counting has not been on: see fasthttp.counting()",
    ]
