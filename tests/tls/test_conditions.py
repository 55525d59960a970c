"""Deadlines, stale connections and strictness inside TLS: a handshake that stalls, records that
drip, a server that does not read, a kept connection that ends.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException, RemoteDisconnected
from types import ModuleType
from typing import Any

import pytest
import trustme

from ..client.drip_server import Feeder
from ..client.response_observer import STYLES

_OK = b"HTTP/1.1 200 OK\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nok"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SHORT = 0.1  # seconds: a handshake takes some
_PASSED = r"deadline of 0\.1 seconds has passed|timed out"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """The client's context."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def wrap(authority: trustme.CA) -> Callable[[socket.socket], ssl.SSLSocket]:
    """Makes the server's side of TLS of a socket."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def wrap_socket(sock: socket.socket) -> ssl.SSLSocket:
        sock.settimeout(10)
        return context.wrap_socket(sock, server_side=True)

    return wrap_socket


def _exchange(connection: Any, style: str = "read", method: str = "GET", **how: Any) -> bytes:
    connection.request(method, "/", **how)
    return b"".join(STYLES[style](connection.getresponse()))


# ---------------------------------------------------------------------------------- deadlines


@pytest.mark.parametrize(
    "meal", [(b"", b""), (b"\x16\x03\x03\x40\x00\x02", b"\0")], ids=["silence", "drip"]
)
def test_a_handshake_that_stalls_is_in_time(
    client: ModuleType, trusting: ssl.SSLContext, meal: tuple[bytes, bytes]
) -> None:
    with Feeder(meal) as feeder:
        connection = client.HTTPSConnection(
            "localhost", feeder.port, context=trusting, deadline=_SHORT
        )
        with pytest.raises(TimeoutError, match=_PASSED):
            connection.request("GET", "/")
        assert connection.sock is None


DRIPS = {
    "status line": (b"HTTP/1.1 200 ", b"x"),
    "sized body": (_OK + b"Content-Length: 5000\r\n\r\n", b"x"),
    "chunks": (_CHUNKED, b"1\r\nx\r\n"),
    "trailer": (_CHUNKED + b"0\r\nA: ", b"b"),
    "nothing": (b"", b""),
}


@pytest.mark.full(any=("style",))
@pytest.mark.parametrize("style", ["read", "read(7)", "readinto(5)", "readline", "read1"])
@pytest.mark.parametrize("drip", DRIPS)
def test_a_drip_does_not_put_it_off(
    client: ModuleType, trusting: ssl.SSLContext, wrap: Any, drip: str, style: str
) -> None:
    """The timeout of the socket stays what it is, and the next request gets its answer."""
    with Feeder(DRIPS[drip], (_SIZED, b""), wrap=wrap) as feeder:
        connection = client.HTTPSConnection("localhost", feeder.port, context=trusting, timeout=30)
        connection.connect()
        sock = connection.sock
        with pytest.raises(TimeoutError, match=_PASSED):
            _exchange(connection, style, deadline=_SHORT)
        assert sock.fileno() == -1 or sock.gettimeout() == 30
        assert _exchange(connection) == b"ok"
        connection.close()


@pytest.mark.parametrize("body", [b"x" * (32 << 20), [b"x" * 65536] * 500], ids=["bytes", "list"])
def test_a_server_that_does_not_read_cannot_put_it_off(
    client: ModuleType, trusting: ssl.SSLContext, wrap: Any, body: Any
) -> None:
    with Feeder((b"", b""), (_SIZED, b""), wrap=wrap) as feeder:
        connection = client.HTTPSConnection("localhost", feeder.port, context=trusting)
        with pytest.raises(TimeoutError, match=_PASSED):
            connection.request("PUT", "/", body, deadline=_SHORT)
        assert _exchange(connection) == b"ok"
        connection.close()


@pytest.mark.parametrize("style", STYLES)
def test_one_that_is_not_reached_changes_nothing(
    client: ModuleType, trusting: ssl.SSLContext, wrap: Any, style: str
) -> None:
    wire = _CHUNKED + b"3\r\na\nb\r\n2\r\nc\n\r\n0\r\nT: u\r\n\r\n"
    with Feeder((wire, b""), wrap=wrap) as feeder:
        connection = client.HTTPSConnection(
            "localhost", feeder.port, context=trusting, deadline=60, timeout=50
        )
        assert _exchange(connection, style) == b"a\nbc\n"
        assert connection.sock.gettimeout() == 50
        connection.close()


# -------------------------------------------------------------------------- stale connections


class _Stale:
    """Answers once on each connection, then takes one more request and ends without an answer."""

    def __init__(self, wrap: Callable[[socket.socket], ssl.SSLSocket]) -> None:
        self._wrap = wrap
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                far, _ = self._listener.accept()
                with contextlib.suppress(OSError), self._wrap(far) as sock:
                    self.heard.append(sock.recv(65536).partition(b" HTTP")[0])
                    sock.sendall(_SIZED)
                    self.heard.append(sock.recv(65536).partition(b" HTTP")[0])

    def __enter__(self) -> _Stale:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(15)
        assert not self._thread.is_alive()


@pytest.fixture
def stale(wrap: Any) -> Iterator[_Stale]:
    with _Stale(wrap) as server:
        yield server


def test_a_request_goes_out_once_more(
    client: ModuleType, trusting: ssl.SSLContext, stale: _Stale
) -> None:
    connection = client.HTTPSConnection(
        "localhost", stale.port, context=trusting, retry_stale=True, timeout=10
    )
    assert _exchange(connection) == b"ok"
    connection.request("PUT", "/second", b"abc")
    assert connection.getresponse().read() == b"ok"
    assert stale.heard == [b"GET /", b"PUT /second", b"PUT /second"]
    connection.close()


def test_one_that_may_do_it_twice_does_not(
    client: ModuleType, trusting: ssl.SSLContext, stale: _Stale
) -> None:
    connection = client.HTTPSConnection(
        "localhost", stale.port, context=trusting, retry_stale=True, timeout=10
    )
    assert _exchange(connection) == b"ok"
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        _exchange(connection, method="POST")
    assert stale.heard == [b"GET /", b"POST /"]
    connection.close()


# --------------------------------------------------------------------------------- strictness


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200\r\n\r\n",
        _OK + b"A : b\r\n\r\n",
        _CHUNKED + b"2\nok\r\n0\r\n\r\n",
        _CHUNKED + b"2\r\nok\r\n0\r\nA\r\n\r\n",
    ],
)
def test_strict(client: ModuleType, trusting: ssl.SSLContext, wrap: Any, wire: bytes) -> None:
    with Feeder((wire, b""), wrap=wrap) as feeder:
        connection = client.HTTPSConnection("localhost", feeder.port, context=trusting, strict=True)
        with pytest.raises(HTTPException, match="RFC 9112 section"):
            _exchange(connection)
        connection.close()
