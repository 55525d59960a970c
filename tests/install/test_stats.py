"""stats(): what is counted, to the byte, and that counting leaves nothing behind.

For fasthttp's own classes and for `http.client` with install(), in both implementations.
test_reasons.py: why what was not fast was not.
"""

from __future__ import annotations

import contextvars
import dataclasses
import http.client
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..client.scripted import Script
from .surface import surface

_SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello"
_CHUNKED = (
    b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n5\r\nthere\r\n0\r\n\r\n"
)


@pytest.fixture
def fasthttp(fasthttp: Any) -> Iterator[Any]:
    """The package, with install() in force; whatever a test counts ends with it."""
    fasthttp.install()
    yield fasthttp
    fasthttp.stop_counting()


@pytest.fixture(params=["own", "lent"])
def client(request: pytest.FixtureRequest, fasthttp: Any) -> Any:
    """fasthttp's own classes, and `http.client` with what install() lends to it."""
    return fasthttp.client if request.param == "own" else http.client


def _exchange(connection: Any, script: Script | None = None) -> bytes:
    """A request and its body; the answer is there with the connection, or comes by the script."""
    connection.request("GET", "/path")
    if script is not None:
        script.says(_SIZED)
    body: bytes = connection.getresponse().read()
    return body


def _said_by(program: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        # without site, whose .pth files may import anything
        [sys.executable, "-W", "ignore", "-S", "-c", program],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


# -------------------------------------------------------------------- the counts


def _by_lines(connection: Any) -> None:
    connection.putrequest("POST", "/path")
    connection.putheader("Content-Length", "4")
    connection.endheaders(b"body")


def _asks(*given: Any) -> Callable[[Any], None]:
    return lambda connection: connection.request(*given)


_ASKS: dict[str, Callable[[Any], None]] = {
    "GET": _asks("GET", "/"),
    "POST": _asks("POST", "/", b"content", {"C": 1}),
    "text": _asks("POST", "/", "\xe9" * 9),
    "own length": _asks("POST", "/", b"x", {"Content-Length": "1"}),
    "list": _asks("POST", "/", [b"one", b"two"]),
    "by lines": _by_lines,
    "file": lambda connection: connection.request("POST", "/", io.BytesIO(b"x" * 20_000)),
    "iterator": lambda connection: connection.request("POST", "/", iter([b"one", b"two"])),
}
_READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda response: response.read(),
    "parts": lambda response: response.read(3) + response.read(),
    "readinto": lambda response: response.readinto(bytearray(20)),
    "read1": lambda response: list(iter(response.read1, b"")),
    "lines": list,
    "one by one": lambda response: list(iter(lambda: response.read(1), b"")),
}


@pytest.mark.parametrize("answer", [_SIZED, _CHUNKED], ids=["sized", "chunked"])
@pytest.mark.parametrize(
    ("ask", "read"),
    [*((ask, "read") for ask in _ASKS), *(("GET", read) for read in _READS if read != "read")],
)
def test_requests_connections_and_bytes(
    fasthttp: Any, client: Any, ask: str, read: str, answer: bytes, script: Script
) -> None:
    """To the byte, as the server has seen and said it."""
    with fasthttp.counting():
        connections = []
        for _ in range(2):
            script.answers(answer)
            connection = script.connection(client)
            connections.append(connection)
            for again in (False, True):
                _ASKS[ask](connection)
                if again:
                    script.says(answer)
                with connection.getresponse() as response:
                    _READS[read](response)
                    assert response.read() == b""
        told = fasthttp.stats()
    for connection in connections:
        connection.close()
    assert (told.requests, told.connections) == (4, 2)
    assert told.received == 4 * len(answer)
    assert told.sent == len(script.heard(0)) + len(script.heard(1))
    assert 0 < told.seconds <= told.elapsed
    assert told.cpu_seconds is None or told.cpu_seconds >= 0


def test_chunks_that_are_read_as_urllib3_reads_them(fasthttp: Any, script: Script) -> None:
    script.answers(_CHUNKED)
    connection = script.connection(http.client)
    with fasthttp.counting():
        connection.request("GET", "/")
        response = connection.getresponse()
        while size := int(response.fp.readline(), 16):
            response._safe_read(size + 2)
        assert response.fp.readline() == b"\r\n"
    assert fasthttp.stats().received == len(_CHUNKED)


def test_a_large_body(fasthttp: Any, client: Any, script: Script) -> None:
    """More than is joined to its head."""
    script.answers(_SIZED)
    connection = script.connection(client)
    connection.connect()
    heard: list[bytes] = []
    listening = threading.Thread(target=lambda: heard.append(script.heard()))
    listening.start()
    with fasthttp.counting():
        connection.request("POST", "/", b"x" * 500_000)
        connection.getresponse().read()
    connection.close()
    listening.join()
    assert fasthttp.stats().sent == len(heard[0]) > 500_000
    assert fasthttp.stats().fallbacks == ()


def test_a_request_without_an_answer(fasthttp: Any, client: Any, script: Script) -> None:
    script.last_words(b"")
    connection = script.connection(client)
    with fasthttp.counting():
        with pytest.raises(http.client.ResponseNotReady):
            connection.getresponse()
        connection.request("GET", "/")
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
    told = fasthttp.stats()
    assert (told.requests, told.connections, told.received) == (1, 1, 0)
    assert told.sent > 0


def test_all_threads(fasthttp: Any, client: Any) -> None:
    """Those that were there before and those that come later, none of them lost."""
    count, threads = 50, 6

    def work() -> None:
        with Script() as script:
            script.answers(_SIZED)
            connection = script.connection(client)
            assert _exchange(connection) == b"hello"
            for _ in range(count - 1):
                assert _exchange(connection, script) == b"hello"

    with fasthttp.counting():
        working = [threading.Thread(target=work) for _ in range(threads)]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join()
    told = fasthttp.stats()
    assert (told.requests, told.connections) == (count * threads, threads)
    assert told.received == count * threads * len(_SIZED)


def test_greenlets(fasthttp: Any, client: Any) -> None:
    """gevent lets another request run while one waits, in the same thread and another context."""
    with Script() as outer, Script() as inner:
        outer.answers(_SIZED)
        inner.answers(_SIZED)
        waiting, running = outer.connection(client), inner.connection(client)
        create = waiting._create_connection

        def switch(*given: Any) -> Any:
            assert contextvars.Context().run(_exchange, running) == b"hello"
            return create(*given)

        waiting._create_connection = switch
        with fasthttp.counting():
            assert _exchange(waiting) == b"hello"
        told = fasthttp.stats()
        waiting.close()
        running.close()
        assert (told.requests, told.connections, told.fallbacks) == (2, 2, ())
        assert told.sent == len(outer.heard()) + len(inner.heard())
        assert told.received == 2 * len(_SIZED)


def test_a_thread_that_is_started_meanwhile(fasthttp: Any, client: Any) -> None:
    """On free-threaded Pythons it has the context of the one that has started it."""
    with Script() as outer, Script() as inner:
        outer.answers(_SIZED)
        inner.answers(_SIZED)
        waiting, running = outer.connection(client), inner.connection(client)
        create = waiting._create_connection

        def start(*given: Any) -> Any:
            context = contextvars.copy_context()
            thread = threading.Thread(target=context.run, args=(_exchange, running))
            thread.start()
            thread.join()
            return create(*given)

        waiting._create_connection = start
        with fasthttp.counting():
            _exchange(waiting)
        assert fasthttp.stats().requests == 2


def test_a_request_that_is_sent_once_more(fasthttp: Any, script: Script) -> None:
    """One request on two connections, and twice on the wire."""
    script.answers(_SIZED, _SIZED)
    connection = script.connection(fasthttp.client, "example.org", retry_stale=True)
    with fasthttp.counting():
        _exchange(connection)
        connection.request("GET", "/path")
        script.hangs_up()
        assert connection.getresponse().read() == b"hello"
    told = fasthttp.stats()
    connection.close()
    assert (told.requests, told.connections) == (2, 2)
    assert told.sent == len(script.heard(0)) + len(script.heard(1))
    assert told.fallbacks == ()


def test_under_a_deadline(fasthttp: Any, script: Script) -> None:
    script.answers(_CHUNKED)
    connection = script.connection(fasthttp.client, "127.0.0.1", deadline=60)
    with fasthttp.counting():
        connection.request("POST", "/path", b"body")
        assert connection.getresponse().read() == b"hellothere"
    told = fasthttp.stats()
    connection.close()
    assert (told.sent, told.received) == (len(script.heard()), len(_CHUNKED))
    assert told.fallbacks == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork() here")
def test_a_forked_process_begins_at_zero() -> None:
    """Even where another thread was counting just when it was forked."""
    program = (
        "import fasthttp, os, threading\n"
        "fasthttp.start_counting()\n"
        "totals = fasthttp.statistics.totals\n"
        "totals.add_sent(5)\n"
        "held, go = threading.Event(), threading.Event()\n"
        "def hold():\n"
        "    with totals.lock: held.set(); go.wait()\n"
        "threading.Thread(target=hold).start(); held.wait()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    told = fasthttp.stats()\n"
        "    print(told.counting, told.sent, flush=True); os._exit(0)\n"
        "os.waitpid(child, 0); go.set()\n"
        "print(fasthttp.stats().sent)\n"
    )
    assert _said_by(program) == "True 0\n5\n"


def test_the_class_of_a_user(fasthttp: Any, client: Any, script: Script) -> None:
    """With a connect() and a getresponse() of its own, as urllib3 has them."""

    class Theirs(client.HTTPConnection):  # type: ignore[misc]
        def connect(self) -> None:
            self.sock = self._create_connection(())

        def getresponse(self) -> Any:
            return super().getresponse()

    script.answers(_SIZED)
    connection = Theirs("example.org")
    connection._create_connection = script.connection(client)._create_connection
    with fasthttp.counting():
        assert _exchange(connection) == b"hello"
    told = fasthttp.stats()
    assert (told.requests, told.connections, told.fallbacks) == (1, 1, ())
    connection.close()


# ------------------------------------------------------------- on, off and between


def _everything(fasthttp: Any) -> list[Any]:
    """What stands in the places that counting takes, and what guards say of them."""
    where = fasthttp.statistics.where
    standing = [vars(owner)[name] for owner, name, _ in where._OWN + where._LENT]
    return [*standing, *where.behind.values(), *surface().items()]


def test_off_leaves_the_very_objects(fasthttp: Any, client: Any, script: Script) -> None:
    before = _everything(fasthttp)
    with pytest.raises(ZeroDivisionError), fasthttp.counting():
        assert _everything(fasthttp) != before
        raise ZeroDivisionError
    assert _everything(fasthttp) == before
    script.answers(_SIZED)
    connection = script.connection(client)
    told = fasthttp.stats()
    assert _exchange(connection) == b"hello"
    assert fasthttp.stats() == told
    guard = fasthttp.statistics.where.connection._request_methods
    assert guard(fasthttp.HTTPConnection("h"))
    assert fasthttp.statistics.where.guards.sends_whole(http.client.HTTPConnection("h"))


def test_what_is_open_is_counted(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(_SIZED)
    connection = script.connection(client)
    _exchange(connection)
    with fasthttp.counting():
        connection.request("GET", "/")
        script.says(_CHUNKED)
        response = connection.getresponse()
    assert response.read() == b"hellothere"
    told = fasthttp.stats()
    assert (told.requests, told.connections, told.fallbacks) == (1, 1, ())


def test_from_zero_each_time_but_not_within(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(_SIZED)
    connection = script.connection(client)
    with fasthttp.counting():
        _exchange(connection)
        with fasthttp.counting():
            _exchange(connection, script)
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
        script.answers(_SIZED)
        connection = script.connection(http.client)
        _exchange(connection)
        assert fasthttp.stats().requests == 0
        for _ in range(2):  # again is no more
            assert fasthttp.install(newest) == {}
            _exchange(connection, script)
        told = fasthttp.stats()
        assert (told.requests, told.received, told.fallbacks) == (2, 2 * len(_SIZED), ())
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
        script.answers(_SIZED)
        connection = script.connection(client)
        _exchange(connection)
        assert fasthttp.stats().requests == 1
        fasthttp.stop_counting()
        _exchange(connection, script)
        assert fasthttp.stats().requests == 1
        fasthttp.start_counting()
        _exchange(connection, script)
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
    assert _said_by(program) == "(('HTTPConnection.putheader', \"is not http.client's own\"),)\n"


# ---------------------------------------------------------------------- the object


def test_it_is_a_value(fasthttp: Any) -> None:
    told = fasthttp.stats()
    assert type(told).__name__ == "Statistics"
    with pytest.raises(dataclasses.FrozenInstanceError):
        told.requests = 1
    assert hash(told) == hash(dataclasses.replace(told))


def test_it_reads_well(fasthttp: Any, client: Any, script: Script) -> None:
    script.answers(_SIZED)
    with fasthttp.counting():
        _exchange(script.connection(client))
    lines = str(fasthttp.stats()).splitlines()
    assert lines[0].startswith("fasthttp: 1 request on 1 connection in ")
    assert lines[1].startswith("  bytes: ") and lines[1].endswith(f"{len(_SIZED)} received")
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
    assert _said_by(program).splitlines() == [
        "[]",
        "fasthttp: 0 requests on 0 connections in 0.00 s",
        "  counting has not been on: see fasthttp.counting()",
    ]
