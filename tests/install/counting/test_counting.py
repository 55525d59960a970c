"""Counting goes on and off, leaves nothing behind, and tells what it found.

For fasthttp's own classes and for `http.client` with install(), in both implementations.
"""

from __future__ import annotations

import dataclasses
import http.client
from typing import Any

import pytest

from ...client.scripted import Script
from ..surface import surface
from .exchanges import CHUNKED, SIZED, exchange, said_by


def _everything(fasthttp: Any) -> list[Any]:
    """What stands in the places that counting takes, and what guards say of them."""
    with fasthttp.counting():  # loads it
        where = fasthttp.statistics.where
    standing = [vars(owner)[name] for owner, name, _ in where._OWN + where._LENT]
    return [*standing, *where.behind.values(), *surface().items()]


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
    guard = fasthttp.statistics.where.connection._request_methods
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
    lines = str(fasthttp.stats()).splitlines()
    assert lines[0].startswith("fasthttp: 1 request on 1 connection in ")
    assert lines[1].startswith("  bytes: ") and lines[1].endswith(f"{len(SIZED)} received")
    assert lines[2].startswith("  time inside: ")
    assert lines[3:] == ["  all of it went the fast way"]


def test_the_text_of_everything(fasthttp: Any) -> None:
    told = fasthttp.Statistics(
        counting=False, installed=False, requests=2000, connections=1, sent=1234, received=5678,
        seconds=1.5, cpu_seconds=0.1, elapsed=10.0,
        fallbacks=(fasthttp.Fallback("HTTPResponse.begin", "debuglevel is set", 3),),
        left_alone=(("parse_headers", "is not http.client's own"),), elsewhere=("httpx",),
    )  # fmt: skip
    assert str(told) == (
        "fasthttp: 2,000 requests on 1 connection in 10.00 s\n"
        "  bytes: 1,234 sent, 5,678 received\n"
        "  time inside: 1.500 s, 0.100 s of it CPU (50 us a request)\n"
        "  went the plain way, as http.client does it:\n"
        "    3 x HTTPResponse.begin: debuglevel is set\n"
        "  left alone by install():\n"
        "    parse_headers: is not http.client's own\n"
        "  install() is not in force: only fasthttp.client's classes are counted\n"
        "  not on http.client, so not reached: httpx"
    )


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
