"""Looks at a socket that http.client does not take: between two requests, and at a body's end.

Where such a look fails nothing is known, and the request goes on as http.client's would; where it
shows that the connection has ended, the next request connects anew. The socket stays as it was.
"""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from ..scripted_server import Script

_FIRST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_SECOND = b"HTTP/1.1 299 OK\r\nContent-Length: 2\r\n\r\nok"


class OddError(Exception):
    """What no socket raises."""


def _raises(error: BaseException) -> Callable[..., Any]:
    def method(*_: Any, **__: Any) -> Any:
        raise error

    return method


def _gives(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


class Foreign:
    """A socket of somebody's own, over a real one: `odd` has what is otherwise, None what it has
    not.
    """

    def __init__(self, sock: socket.socket, odd: dict[str, Any]) -> None:
        self._sock = sock
        self._odd = odd
        self.timeouts: list[float | None] = []

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(socket.SocketIO(self, "r"))  # type: ignore[arg-type]

    def _decref_socketios(self) -> None:
        """What SocketIO.close() calls."""

    def __getattr__(self, name: str) -> Any:
        if name in self._odd:
            if self._odd[name] is None:
                raise AttributeError(name)
            return self._odd[name]
        if name == "pending":
            raise AttributeError(name)
        return getattr(self._sock, name)


def _connection(script: Script, client: ModuleType, odd: dict[str, Any], **how: Any) -> Any:
    """A connection over such a socket, of which the first exchange is over."""
    connection = script.connection(client, **how)
    create = connection._create_connection
    connection._create_connection = lambda *where: Foreign(create(*where), odd)
    assert _exchange(connection) == (200, b"ok")
    return connection


def _exchange(connection: Any) -> tuple[int, bytes]:
    connection.request("GET", "/")
    response = connection.getresponse()
    return response.status, response.read()


#: What a socket may be like, and TLS of somebody's own with "pending".
UNKNOWN: dict[str, dict[str, Any]] = {
    "fileno is not implemented": {"fileno": _raises(NotImplementedError())},
    "fileno raises": {"fileno": _raises(OddError())},
    "no fileno": {"fileno": None},
    "fileno is text": {"fileno": _gives("7")},
    "fileno is None": {"fileno": _gives(None)},
    "fileno is a fraction": {"fileno": _gives(0.5)},
    "fileno is huge": {"fileno": _gives(1 << 80)},
    "fileno is that of another, modulo an int": {"fileno": _gives(1 << 32)},
    "fileno is negative": {"fileno": _gives(-1)},
    "fileno is no method": {"fileno": 7},
    "pending raises": {"pending": _raises(OddError())},
    "pending is not implemented": {"pending": _raises(NotImplementedError())},
    "pending gives None": {"pending": _gives(None)},
    "pending gives text": {"pending": _gives("1")},
    "pending, and fileno raises": {"pending": _gives(0), "fileno": _raises(OddError())},
    "pending, no fileno": {"pending": _gives(0), "fileno": None},
    "no gettimeout": {"pending": _gives(0), "gettimeout": None},
    "gettimeout raises": {"pending": _gives(0), "gettimeout": _raises(OddError())},
    "no settimeout": {"pending": _gives(0), "settimeout": None},
    "settimeout raises": {"pending": _gives(0), "settimeout": _raises(NotImplementedError())},
    "settimeout does nothing": {"pending": _gives(0), "settimeout": _gives(None)},
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_cannot_be_looked_at_is_used_as_by_http_client(
    every_client: ModuleType, script: Script, kind: str
) -> None:
    """The second answer waits already, so that a look which goes on would see it."""
    script.answers(_FIRST)
    connection = _connection(script, every_client, UNKNOWN[kind])
    script.says(_SECOND)
    assert _exchange(connection) == (299, b"ok")
    assert script.opened == 1


class _Reading:
    """A `recv_into` that is as ever, and otherwise from a moment on."""

    def __init__(self, later: Callable[..., Any]) -> None:
        self._later: Callable[..., Any] | None = None
        self._then = later
        self.sock: Any = None

    def begin(self) -> None:
        self._later = self._then

    def end(self) -> None:
        self._later = None

    def __call__(self, *args: Any) -> Any:
        return (self._later or self.sock.recv_into)(*args)


def _with_reading(
    script: Script, client: ModuleType, later: Callable[..., Any]
) -> tuple[Any, _Reading]:
    """A connection over TLS of somebody's own, whose first exchange is over; it can be told to read
    otherwise from now on.
    """
    reading = _Reading(later)
    script.answers(_FIRST, _SECOND)
    connection = script.connection(client)
    create = connection._create_connection

    def make(*where: Any) -> Foreign:
        reading.end()
        reading.sock = create(*where)
        return Foreign(reading.sock, {"pending": _gives(0), "recv_into": reading})

    connection._create_connection = make
    assert _exchange(connection) == (200, b"ok")
    return connection, reading


class Error(Exception):
    """pyOpenSSL's."""


class ZeroReturnError(Error):
    """pyOpenSSL's for a connection that the server has ended."""


class SysCallError(Error):
    """pyOpenSSL's for one that has been cut off."""


class TLSAbruptCloseError(Exception):
    """tlslite-ng's for the same."""


class DerivedError(ZeroReturnError):
    """A wrapper's."""


class WantReadError(Error):
    """pyOpenSSL's where nothing has come that belongs to the stream."""


ENDS: dict[str, Callable[..., Any]] = {
    "ZeroReturnError": _raises(ZeroReturnError()),
    "a subclass of it": _raises(DerivedError()),
    "SysCallError": _raises(SysCallError(-1, "Unexpected EOF")),
    "TLSAbruptCloseError": _raises(TLSAbruptCloseError()),
    "EOFError": _raises(EOFError()),
    "reset": _raises(ConnectionResetError()),
    "end": _gives(0),
    "a byte": _gives(1),
}


@pytest.mark.parametrize("kind", ENDS)
def test_what_has_ended_is_opened_anew(client: ModuleType, script: Script, kind: str) -> None:
    connection, reading = _with_reading(script, client, ENDS[kind])
    script.says(b"x")  # or no look is taken
    reading.begin()
    assert _exchange(connection) == (299, b"ok")
    assert script.opened == 2


NOTHING: dict[str, Callable[..., Any]] = {
    "WantReadError": _raises(WantReadError()),
    "it would block": _raises(BlockingIOError()),
    "timed out": _raises(TimeoutError()),
    "odd": _raises(OddError()),
    "not implemented": _raises(NotImplementedError()),
    "no such argument": _raises(TypeError()),
    "None": _gives(None),
}


@pytest.mark.parametrize("kind", NOTHING)
def test_what_may_go_on_goes_on(client: ModuleType, script: Script, kind: str) -> None:
    """With its timeout as it was."""
    connection, reading = _with_reading(script, client, NOTHING[kind])
    connection.sock.settimeout(7.5)
    script.says(_SECOND)
    reading.begin()
    connection.request("GET", "/")
    reading.end()
    assert connection.getresponse().status == 299
    assert script.opened == 1
    assert connection.sock.gettimeout() == 7.5


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupt_is_let_out_and_the_timeout_put_back(
    client: ModuleType, script: Script, error: type[BaseException]
) -> None:
    connection, reading = _with_reading(script, client, _raises(error()))
    connection.sock.settimeout(7.5)
    script.says(b"x")
    reading.begin()
    with pytest.raises(error):
        connection.request("GET", "/")
    assert reading.sock.gettimeout() == 7.5


def test_a_timeout_that_cannot_be_put_back_ends_the_connection(
    client: ModuleType, script: Script
) -> None:
    """It would not wait for the answer."""
    connection, reading = _with_reading(script, client, _raises(BlockingIOError()))
    sock = reading.sock

    def settimeout(seconds: float | None) -> None:
        if seconds != 0:
            raise OddError
        sock.settimeout(seconds)

    connection.sock._odd["settimeout"] = settimeout
    script.says(b"x")
    reading.begin()
    assert _exchange(connection) == (299, b"ok")
    assert script.opened == 2


# ------------------------------------------------------------------------ at the end of a body

AT_THE_END: dict[str, dict[str, Any]] = {
    "no gettimeout": {"gettimeout": None},
    "gettimeout raises": {"gettimeout": _raises(OddError())},
    "settimeout raises": {"settimeout": _raises(NotImplementedError())},
    "no settimeout": {"settimeout": None},
}


@pytest.mark.parametrize("coding", ["length", "chunks", "none"])
@pytest.mark.parametrize("kind", AT_THE_END)
def test_a_file_whose_socket_is_odd(
    every_client: ModuleType, script: Script, kind: str, coding: str
) -> None:
    first = {
        "length": _FIRST,
        "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "none": b"HTTP/1.1 204 No Content\r\n\r\n",
    }[coding]
    script.answers(first)
    connection = script.connection(every_client)
    create = connection._create_connection
    odd: dict[str, Any] = {**AT_THE_END[kind], "fileno": None}
    connection._create_connection = lambda *where: Foreign(create(*where), odd)
    assert _exchange(connection)[1] == (b"" if coding == "none" else b"ok")
    script.says(_SECOND)
    assert _exchange(connection) == (299, b"ok")
    assert script.opened == 1


READS: dict[str, tuple[Callable[..., Any], int]] = {
    "nothing": (_raises(BlockingIOError()), 0),
    "bytes": (_gives(3), 3),
    "odd": (_raises(OddError()), 0),
    "NotImplementedError": (_raises(NotImplementedError()), 0),
    "WantReadError": (_raises(WantReadError()), 0),
    "ZeroReturnError": (_raises(ZeroReturnError()), 1),
    "reset": (_raises(ConnectionResetError()), 1),
}


@pytest.mark.parametrize("kind", READS)
def test_what_a_file_holds_back(implementation: str, kind: str) -> None:
    """Which is asked for without waiting, whatever comes of it."""
    reader = load_package(implementation)._client.sockets
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(7.5)
        read, expected = READS[kind]
        file = Foreign(near, {"recv_into": read}).makefile()
        assert reader.held_back(file) == expected
        assert near.gettimeout() == 7.5
        with contextlib.suppress(OSError):
            file.close()


# ------------------------------------------------------------------- before a request is repeated


class OddSocket(socket.socket):
    """A socket whose descriptor is asked for in vain."""

    odd: Any = None

    def fileno(self) -> int:
        if self.odd is None:
            return super().fileno()
        if isinstance(self.odd, BaseException):
            raise self.odd
        return self.odd  # type: ignore[no-any-return]


@pytest.mark.parametrize("odd", [OddError(), NotImplementedError(), "7", 1 << 80], ids=repr)
def test_nothing_is_known_to_wait(implementation: str, odd: Any) -> None:
    reader = load_package(implementation)._client.sockets
    near, far = socket.socketpair()
    with far, OddSocket(fileno=near.detach()) as sock:
        far.sendall(b"x")
        assert reader.has_bytes(sock)
        sock.odd = odd
        assert not reader.has_bytes(sock)
        sock.odd = None
