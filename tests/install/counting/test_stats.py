"""stats(): what is counted, to the byte.

For fasthttp's own classes and for `http.client` with install(), in both implementations.
"""

from __future__ import annotations

import contextvars
import http.client
import io
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ...client.scripted_server import Script
from .exchanges import CHUNKED, SIZED, exchange, said_by


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


@pytest.mark.parametrize("answer", [SIZED, CHUNKED], ids=["sized", "chunked"])
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
    script.answers(CHUNKED)
    connection = script.connection(http.client)
    with fasthttp.counting():
        connection.request("GET", "/")
        response = connection.getresponse()
        while size := int(response.fp.readline(), 16):
            response._safe_read(size + 2)
        assert response.fp.readline() == b"\r\n"
    assert fasthttp.stats().received == len(CHUNKED)


def test_a_large_body(fasthttp: Any, client: Any, script: Script) -> None:
    """More than is joined to its head."""
    script.answers(SIZED)
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


def test_asked_as_urllib3_1_asks(fasthttp: Any, client: Any, script: Script) -> None:
    """With an argument of Python 2's first, and then without: that is one request."""
    script.answers(SIZED)
    connection = script.connection(client)
    with fasthttp.counting():
        connection.request("GET", "/")
        with pytest.raises(TypeError):
            connection.getresponse(buffering=True)
        assert connection.getresponse().read() == b"hello"
    told = fasthttp.stats()
    assert (told.requests, told.connections, told.fallbacks) == (1, 1, ())


def test_all_threads(fasthttp: Any, client: Any) -> None:
    """Those that were there before and those that come later, none of them lost."""
    count, threads = 50, 6

    def work() -> None:
        with Script() as script:
            script.answers(SIZED)
            connection = script.connection(client)
            assert exchange(connection) == b"hello"
            for _ in range(count - 1):
                assert exchange(connection, script) == b"hello"

    with fasthttp.counting():
        working = [threading.Thread(target=work) for _ in range(threads)]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join()
    told = fasthttp.stats()
    assert (told.requests, told.connections) == (count * threads, threads)
    assert told.received == count * threads * len(SIZED)


def test_greenlets(fasthttp: Any, client: Any) -> None:
    """gevent lets another request run while one waits, in the same thread and another context."""
    with Script() as outer, Script() as inner:
        outer.answers(SIZED)
        inner.answers(SIZED)
        waiting, running = outer.connection(client), inner.connection(client)
        create = waiting._create_connection

        def switch(*given: Any) -> Any:
            assert contextvars.Context().run(exchange, running) == b"hello"
            return create(*given)

        waiting._create_connection = switch
        with fasthttp.counting():
            assert exchange(waiting) == b"hello"
        told = fasthttp.stats()
        waiting.close()
        running.close()
        assert (told.requests, told.connections, told.fallbacks) == (2, 2, ())
        assert told.sent == len(outer.heard()) + len(inner.heard())
        assert told.received == 2 * len(SIZED)


def test_a_thread_that_is_started_meanwhile(fasthttp: Any, client: Any) -> None:
    """On free-threaded Pythons it has the context of the one that has started it."""
    with Script() as outer, Script() as inner:
        outer.answers(SIZED)
        inner.answers(SIZED)
        waiting, running = outer.connection(client), inner.connection(client)
        create = waiting._create_connection

        def start(*given: Any) -> Any:
            context = contextvars.copy_context()
            thread = threading.Thread(target=context.run, args=(exchange, running))
            thread.start()
            thread.join()
            return create(*given)

        waiting._create_connection = start
        with fasthttp.counting():
            exchange(waiting)
        assert fasthttp.stats().requests == 2


def test_a_request_that_is_sent_once_more(fasthttp: Any, script: Script) -> None:
    """One request on two connections, and twice on the wire."""
    script.answers(SIZED, SIZED)
    connection = script.connection(fasthttp.client, "example.org", retry_stale=True)
    with fasthttp.counting():
        exchange(connection)
        connection.request("GET", "/path")
        script.hangs_up()
        assert connection.getresponse().read() == b"hello"
    told = fasthttp.stats()
    connection.close()
    assert (told.requests, told.connections) == (2, 2)
    assert told.sent == len(script.heard(0)) + len(script.heard(1))
    assert told.fallbacks == ()


def test_under_a_deadline(fasthttp: Any, script: Script) -> None:
    script.answers(CHUNKED)
    connection = script.connection(fasthttp.client, "127.0.0.1", deadline=60)
    with fasthttp.counting():
        connection.request("POST", "/path", b"body")
        assert connection.getresponse().read() == b"hellothere"
    told = fasthttp.stats()
    connection.close()
    assert (told.sent, told.received) == (len(script.heard()), len(CHUNKED))
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
    assert said_by(program) == "True 0\n5\n"


def test_the_class_of_a_user(fasthttp: Any, client: Any, script: Script) -> None:
    """With a connect() and a getresponse() of its own, as urllib3 has them."""

    class Theirs(client.HTTPConnection):  # type: ignore[misc]
        def connect(self) -> None:
            self.sock = self._create_connection(())

        def getresponse(self) -> Any:
            return super().getresponse()

    script.answers(SIZED)
    connection = Theirs("example.org")
    connection._create_connection = script.connection(client)._create_connection
    with fasthttp.counting():
        assert exchange(connection) == b"hello"
    told = fasthttp.stats()
    assert (told.requests, told.connections, told.fallbacks) == (1, 1, ())
    connection.close()
