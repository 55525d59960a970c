"""`deadline=`: one limit for an exchange as a whole, which no drip of bytes can put off.

Drips come from a server that would go on for ten seconds.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..drip_server import Feeder
from ..exchange_paths import on_path
from ..response_observer import STYLES
from ..scripted_server import Script

Connect = Callable[..., Any]
Exchange = Callable[..., bytes]

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nok"
_SHORT = 0.03  # seconds
_PASSED = r"the deadline of 0\.03 seconds has passed"

#: What is sent at once, and what is sent again and again behind it.
DRIPS: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""),
    "status line": (b"HTTP/1.1 200 ", b"x"),
    "field": (_OK + b"A: ", b"b"),
    "interim field": (b"HTTP/1.1 103 Early\r\nLink: ", b"x"),
    "behind an interim head": (b"HTTP/1.1 100 Continue\r\n\r\n", b""),
    "sized body": (_OK + b"Content-Length: 5000\r\n\r\n", b"x"),
    "body until the end": (_OK + b"\r\n", b"x"),
    "chunk": (_CHUNKED + b"1000\r\n", b"x"),
    "chunks": (_CHUNKED, b"1\r\nx\r\n"),
    "chunk extension": (_CHUNKED + b"1;", b"x"),
    "trailer": (_CHUNKED + b"0\r\nA: ", b"b"),
    "end of the trailers": (_CHUNKED + b"0\r\n", b""),
}
BODIES = {name: DRIPS[name] for name in ("sized body", "chunk", "chunks", "trailer")}
#: One for each way in which bytes are waited for.
WAYS = ("read", "read(7)", "readinto(5)", "readline", "iteration", "read1", "peek")


def _to(client: ModuleType, feeder: Feeder, path: str = "fast", **settings: Any) -> Any:
    return on_path(client.HTTPConnection("127.0.0.1", feeder.port, **settings), path)


@pytest.fixture
def exchange(opened: Callable[[Any], Any]) -> Exchange:
    """`exchange(connection, style, ...)` is the body of the answer to a request. Its response is
    closed behind the test, and the connection too: neither is where a deadline has passed.
    """

    def make(connection: Any, style: str = "read", **how: Any) -> bytes:
        opened(connection)
        connection.request("GET", "/", **how)
        return b"".join(STYLES[style](opened(connection.getresponse())))

    return make


# ------------------------------------------------------------------------------------- drips


@pytest.mark.parametrize("drip", DRIPS)
def test_a_drip_does_not_put_it_off(
    client: ModuleType, exchange: Exchange, path: str, drip: str
) -> None:
    """And the next request, which has none, gets its answer."""
    with Feeder(DRIPS[drip], (_SIZED, b"")) as feeder:
        connection = _to(client, feeder, path)
        with pytest.raises(TimeoutError, match=_PASSED):
            exchange(connection, deadline=_SHORT)
        assert exchange(connection) == b"ok"


@pytest.mark.parametrize("style", WAYS)
@pytest.mark.parametrize("body", BODIES)
def test_a_drip_does_not_put_it_off_however_it_is_read(
    client: ModuleType, exchange: Exchange, body: str, style: str
) -> None:
    with Feeder(BODIES[body]) as feeder:
        connection = _to(client, feeder, deadline=_SHORT)
        with pytest.raises(TimeoutError, match=_PASSED):
            exchange(connection, style)


@pytest.mark.parametrize("drip", ["nothing", "status line", "field"])
def test_a_drip_of_a_proxy_does_not_put_it_off(client: ModuleType, path: str, drip: str) -> None:
    with Feeder(DRIPS[drip]) as feeder:
        connection = _to(client, feeder, path, deadline=_SHORT)
        connection.set_tunnel("origin.example")
        with pytest.raises(TimeoutError, match=_PASSED):
            connection.request("GET", "/")
        assert connection.sock is None


@pytest.mark.parametrize("drip", ["status line", "sized body", "chunk"])
def test_a_drip_behind_a_proxy_does_not_put_it_off(
    client: ModuleType, exchange: Exchange, path: str, drip: str
) -> None:
    begin, unit = DRIPS[drip]
    with Feeder((_OK + b"\r\n" + begin, unit)) as feeder:
        connection = _to(client, feeder, path, deadline=_SHORT)
        connection.set_tunnel("origin.example")
        with pytest.raises(TimeoutError, match=_PASSED):
            exchange(connection)


_BLOCK = b"x" * 65536
SENT: dict[str, Callable[[], Any]] = {
    "bytes": lambda: _BLOCK * 500,
    "iterable": lambda: itertools.repeat(_BLOCK, 500),
    "list": lambda: [_BLOCK] * 500,
    "file": lambda: io.BytesIO(_BLOCK * 500),
    "memoryview": lambda: memoryview(_BLOCK * 500).cast("I"),
}


@pytest.mark.parametrize("kind", SENT)
def test_a_server_that_does_not_read_cannot_put_it_off(
    connect: Connect, script: Script, kind: str
) -> None:
    script.answers(b"", _SIZED)
    connection = connect()
    connection.connect()  # which takes its time on a busy machine
    with pytest.raises(TimeoutError):
        connection.request("PUT", "/", SENT[kind](), deadline=_SHORT)
    connection.request("GET", "/")
    assert (connection.getresponse().read(), script.opened) == (b"ok", 2)
